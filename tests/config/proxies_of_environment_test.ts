import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";

const settings = (sls: string, ...hec: string[]) => `
sls: { endpoint: "${sls}", credentials: { access_key_id: a, access_key_secret: b }, proxy: env }
consumer: { group: g }
hec: { urls: ${JSON.stringify(hec)}, token: t, proxy: env, no_proxy: "own.example.com" }
sources: [{ project: p, logstore: l }]
`;

function load(text: string, variables: Record<string, string>) {
  const source = {
    text,
    fileName: "c.yaml",
    env: (name: string) => variables[name],
    readFile: () => "",
  };
  return loadConfig(source);
}

Deno.test("proxy: env takes the variable of its target's scheme, and NO_PROXY where no_proxy is not given", () => {
  const result = load(settings("cn-hangzhou", "http://splunk.example.com:8088"), {
    HTTPS_PROXY: "http://user:word@secure.example.com:3128",
    http_proxy: "plain.example.com:3129",
    NO_PROXY: "localhost, .corp.example.com",
  });
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  const { sls, hec } = result.config.sources[0]!;
  assert.equal(sls.proxy?.url, "http://secure.example.com:3128");
  assert.equal(sls.proxy?.login?.username, "user");
  assert.deepEqual(sls.noProxy, ["localhost", ".corp.example.com"]);
  assert.equal(hec.urls[0].proxy?.url, "http://plain.example.com:3129");
  const { net, env } = result.grant;
  assert.ok(net.includes("secure.example.com:3128") && net.includes("plain.example.com:3129"));
  assert.ok(env.includes("HTTPS_PROXY") && env.includes("NO_PROXY"));
});

Deno.test("proxy: env is direct when no variable is set", () => {
  const result = load(settings("cn-hangzhou", "https://splunk.example.com:8088"), {});
  assert.ok(result.ok);
  assert.equal(result.config.sources[0]!.sls.proxy, undefined);
  assert.equal(result.config.sources[0]!.hec.urls[0].proxy, undefined);
});

Deno.test("proxy: env takes for each collector the variable of its own scheme, and grants what is used", () => {
  const urls = [
    "https://secure.example.com:8088",
    "http://plain.example.com:8088",
    "http://own.example.com:8088",
  ];
  const proxiesWith = (variables: Record<string, string>) => {
    const result = load(settings("http://10.0.0.7", ...urls), variables);
    assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
    const { net } = result.grant;
    return {
      of: result.config.sources[0]!.hec.urls.map(({ proxy }) => proxy?.url),
      granted: net.filter((host) => host.includes("proxy")),
    };
  };
  const [secure, plain] = ["http://proxy-s:3128", "socks5://proxy-p:1080"];
  assert.deepEqual(proxiesWith({ HTTPS_PROXY: secure, HTTP_PROXY: plain }), {
    of: [secure, plain, undefined],
    granted: ["proxy-p:1080", "proxy-s:3128"],
  });
  assert.deepEqual(proxiesWith({ HTTPS_PROXY: secure, NO_PROXY: "10.0.0.0/8" }), {
    of: [secure, undefined, undefined],
    granted: ["proxy-s:3128"],
  });
  assert.deepEqual(proxiesWith({ ALL_PROXY: plain, https_proxy: secure, no_proxy: "10.0.0.0/8" }), {
    of: [secure, plain, undefined],
    granted: ["proxy-s:3128", "proxy-p:1080"],
  });
});

Deno.test("a range of addresses is reached without the proxy, in no_proxy and in NO_PROXY", () => {
  const text = settings("http://10.0.0.7", "http://[fd00::7]:8088", "http://203.0.113.9:8088")
    .replace("own.example.com", "fd00::/8");
  const result = load(text, {
    ALL_PROXY: "http://proxy.example.com:3128",
    NO_PROXY: "10.0.0.0/8",
  });
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  assert.deepEqual(
    result.config.sources[0]!.hec.urls.map(({ proxy }) => proxy?.host),
    [undefined, "proxy.example.com"],
  );
  assert.deepEqual(result.config.sources[0]!.sls.noProxy, ["10.0.0.0/8"]);
  const why = result.grant.why;
  assert.equal(why.find(({ value }) => value === "proxy.example.com:3128")?.reason, "hec.proxy");
});

Deno.test("a malformed range is reported with its place, or its variable", () => {
  const wrong = settings("cn-hangzhou", "https://h:1").replace("own.example.com", "h, 10.0.0.0/33");
  const result = load(wrong, { no_proxy: "fd00::/129" });
  assert.ok(!result.ok);
  assert.equal(
    formatProblems(result.problems),
    `Cannot use the configuration: 2 problems
  c.yaml:4:63: hec.no_proxy: found "h, 10.0.0.0/33"; expected as entry 2 a range of addresses such ` +
      "as 10.0.0.0/8 or fd00::/8: an address, a slash and the number of bits that count (at most " +
      `32, or 128 for IPv6)
  variable no_proxy: sls.no_proxy: found "fd00::/129"; expected as entry 1 a range of addresses such ` +
      "as 10.0.0.0/8 or fd00::/8: an address, a slash and the number of bits that count (at most " +
      "32, or 128 for IPv6)",
  );
});

Deno.test("a proxy that no target needs is not granted", () => {
  const result = load(
    settings("cn-hangzhou", "https://splunk.example.com:8088"),
    { ALL_PROXY: "http://proxy.example.com:3128", NO_PROXY: "*" },
  );
  assert.ok(result.ok);
  const text = settings("cn-hangzhou", "https://own.example.com:8088");
  const own = load(text, { ALL_PROXY: "http://proxy.example.com:3128", NO_PROXY: "*" });
  assert.ok(own.ok);
  assert.ok(result.grant.net.includes("proxy.example.com:3128"));
  assert.ok(!own.grant.net.includes("proxy.example.com:3128"));
});

Deno.test("a wrong proxy in the environment is reported with its variable", () => {
  const result = load(settings("cn-hangzhou", "https://h:1"), { HTTPS_PROXY: "ftp://x" });
  assert.ok(!result.ok);
  assert.match(
    formatProblems(result.problems),
    /variable HTTPS_PROXY: hec\.proxy: found "ftp:\/\/x"; expected an http, https or socks5 URL/,
  );
  const hidden = load(settings("cn-hangzhou", "https://h:1"), {
    ALL_PROXY: "ftp://user:hidden-5@x",
  });
  assert.ok(!hidden.ok && !formatProblems(hidden.problems).includes("hidden-5"));
});
