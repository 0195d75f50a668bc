import assert from "node:assert/strict";
import { grantOf } from "../../src/config/grant.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problem.ts";

const settings = (sls: string, hec: string) => `
sls: { endpoint: "${sls}", credentials: { access_key_id: a, access_key_secret: b }, proxy: env }
consumer: { group: g }
hec: { url: "${hec}", token: t, proxy: env, no_proxy: "own.example.com" }
sources: [{ project: p, logstore: l }]
`;

function load(text: string, variables: Record<string, string>) {
  const source = {
    text,
    fileName: "c.yaml",
    env: (name: string) => variables[name],
    readFile: () => "",
  };
  const result = loadConfig(source);
  return { source, result };
}

Deno.test("proxy: env takes the variable of its target's scheme, and NO_PROXY where no_proxy is not given", () => {
  const { source, result } = load(settings("cn-hangzhou", "http://splunk.example.com:8088"), {
    HTTPS_PROXY: "http://user:word@secure.example.com:3128",
    http_proxy: "plain.example.com:3129",
    NO_PROXY: "localhost, .corp.example.com",
  });
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  const { sls, hec } = result.config;
  assert.equal(sls.proxy?.url, "http://secure.example.com:3128");
  assert.equal(sls.proxy?.login?.username, "user");
  assert.deepEqual(sls.noProxy, ["localhost", ".corp.example.com"]);
  assert.equal(hec.proxy?.url, "http://plain.example.com:3129");
  assert.deepEqual(hec.noProxy, ["own.example.com"]);
  const { net, env } = grantOf(source, result.config);
  assert.ok(net.includes("secure.example.com:3128") && net.includes("plain.example.com:3129"));
  assert.ok(env.includes("HTTPS_PROXY") && env.includes("NO_PROXY"));
});

Deno.test("proxy: env is direct when no variable is set", () => {
  const { result } = load(settings("cn-hangzhou", "https://splunk.example.com:8088"), {});
  assert.ok(result.ok);
  assert.equal(result.config.sls.proxy, undefined);
  assert.equal(result.config.hec.proxy, undefined);
});

Deno.test("a proxy that no target needs is not granted", () => {
  const { source, result } = load(
    settings("cn-hangzhou", "https://splunk.example.com:8088"),
    { ALL_PROXY: "http://proxy.example.com:3128", NO_PROXY: "*" },
  );
  assert.ok(result.ok);
  const text = settings("cn-hangzhou", "https://own.example.com:8088");
  const own = load(text, { ALL_PROXY: "http://proxy.example.com:3128", NO_PROXY: "*" });
  assert.ok(own.result.ok);
  assert.ok(grantOf(source, result.config).net.includes("proxy.example.com:3128"));
  assert.ok(!grantOf(own.source, own.result.config).net.includes("proxy.example.com:3128"));
});

Deno.test("a wrong proxy in the environment is reported with its variable", () => {
  const { result } = load(settings("cn-hangzhou", "https://h:1"), { HTTPS_PROXY: "ftp://x" });
  assert.ok(!result.ok);
  assert.match(
    formatProblems(result.problems),
    /HTTPS_PROXY[^]*expected an http, https or socks5 URL/,
  );
});
