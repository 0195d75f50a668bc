/**
 * The server of `tls_front.ts`, run by Node: its TLS shows certificates of version 1, speaks old versions and asks for
 * client certificates, which Deno's does not. Takes commands, and reports what happens as lines of JSON.
 */
import net from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import tls from "node:tls";

const report = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const open = new Set();

function start({ target, options }) {
  const server = tls.createServer(options, (client) => {
    report({ type: "connection", client: client.getPeerCertificate()?.subject?.CN ?? null });
    const upstream = net.connect(target, "127.0.0.1");
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.on("tlsClientError", (error) => report({ type: "refused", message: error.message }));
  server.listen(0, "127.0.0.1", () => report({ type: "listening", port: server.address().port }));
  return server;
}

let server;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.type === "start") server = start(command);
  else {
    server.setSecureContext(command.options);
    for (const socket of open) socket.destroy();
    report({ type: "changed" });
  }
}
process.exit(0); // the test has let go
