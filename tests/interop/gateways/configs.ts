/** haproxy in HTTP mode. @param rules Lines of its front end. @param servers Addresses behind it, in turn. */
export function haproxy(bind: string, rules: readonly string[], servers: readonly string[]) {
  return () =>
    [
      "defaults",
      "  mode http",
      "  timeout connect 5s",
      "  timeout client 60s",
      "  timeout server 60s",
      "frontend f",
      `  bind ${bind}`,
      ...rules.map((rule) => `  ${rule}`),
      "  default_backend b",
      "backend b",
      "  balance roundrobin",
      ...servers.map((server, number) => `  server s${number} ${server}`),
      "",
    ].join("\n");
}

/** nginx with one server. @param lines Of its `server` block. */
export function nginx(port: number, lines: readonly string[]) {
  return (folder: string) =>
    `worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events {}
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    ${lines.join("\n    ")}
  }
}
`;
}

/** squid as a forward proxy. @param rules In front of the rule that allows everything. */
export function squid(port: number, rules: readonly string[]) {
  return (folder: string) =>
    `http_port 127.0.0.1:${port}
pid_filename none
cache deny all
cache_mem 8 MB
access_log stdio:${folder}/access.log
cache_log ${folder}/cache.log
coredump_dir ${folder}
shutdown_lifetime 0 seconds
visible_hostname proxy.example
${rules.map((rule) => rule.replaceAll("FOLDER", folder)).join("\n")}
http_access allow all
`;
}
