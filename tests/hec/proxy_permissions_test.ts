import assert from "node:assert/strict";
import { OperatorError } from "../../src/base/errors.ts";
import { dataPlaneHosts } from "../../src/config/data_plane_hosts.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import type { HecConnection } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { checkProxies } from "../../src/app/open_hec.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { loaded, smallest } from "../config/test_sources.ts";
import { NAMED } from "./certificates.ts";
import { ConnectProxy, type ProxyKind } from "./connect_proxy.ts";

/** What became of a request in a worker that may reach these hosts alone. */
async function sent(hosts: readonly string[], connection: HecConnection): Promise<string> {
  const worker = startDataPlaneWorker(
    hosts,
    new URL("./sending_worker.ts", import.meta.url),
  );
  try {
    const heard = Promise.withResolvers<string>();
    worker.onmessage = ({ data }) => heard.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      heard.reject(new Error(event.message));
    };
    worker.postMessage(connection);
    return await heard.promise;
  } finally {
    worker.terminate();
  }
}

const cases: [kind: ProxyKind, targets: "http" | "https", more: Partial<HecConnection>][] = [
  ["http", "http", {}],
  ["https", "http", {}],
  ["socks5", "http", {}],
  ["http", "https", {}],
  ["https", "https", {}],
  ["socks5", "https", {}],
];
if (nodeHttpIsSound) cases.push(["http", "https", { verify: false }]);
for (const [kind, scheme, more] of cases) {
  const by = more.verify === false ? ", unchecked" : "";
  Deno.test(`the grant for ${scheme} through a proxy of ${kind}${by} suffices, and nothing in it is needless`, async () => {
    await using hec = HecEmulator.start(scheme === "https" ? { tls: NAMED } : {});
    await using proxy = new ConnectProxy(undefined, kind);
    const text = smallest.replace(
      'url: "https://splunk.example.com:8088"',
      `url: "${hec.url}", proxy: "${proxy.url}"`,
    );
    const config = loaded({ text });
    const hosts = dataPlaneHosts(config).filter((host) => !host.endsWith("aliyuncs.com:443"));
    assert.deepEqual(hosts, [new URL(hec.url).host, proxy.host]);
    const connection = {
      baseUrl: config.hec.urls[0].base,
      verify: true,
      caCerts: [NAMED.cert],
      client: undefined,
      proxyUrl: config.hec.urls[0].proxy?.url,
      ...more,
    };
    assert.equal(await sent(hosts, connection), "status 200");
    assert.deepEqual(proxy.targets, [new URL(hec.url).host]);
    for (const host of hosts) {
      const others = hosts.filter((other) => other !== host);
      const said = await sent(others, connection);
      assert.match(said, /Requires net access|EPERM/, `without ${host}: ${said}`);
    }
  });
}

for (const kind of ["http", "https", "socks5"] as const) {
  Deno.test(`a name that only the proxy of ${kind} knows must be granted, although it is not resolved here`, async () => {
    await using hec = HecEmulator.start();
    await using proxy = new ConnectProxy(undefined, kind);
    const host = `splunk.test:${new URL(hec.url).port}`;
    const connection = {
      baseUrl: `http://${host}`,
      verify: true,
      caCerts: [NAMED.cert],
      client: undefined,
      proxyUrl: proxy.url,
    };
    assert.equal(await sent([host, proxy.host], connection), "status 200");
    assert.deepEqual(proxy.targets, [host]);
    assert.match(await sent([proxy.host], connection), /Requires net access to "splunk\.test/);
  });
}

Deno.test("a Deno whose node:https may not be used is reported at the start when an option needs it", () => {
  const configOf = (tls: string) =>
    loaded({ text: smallest.replace("token: hidden-2", `tls: { ${tls} }, token: hidden-2`) }).hec;
  for (const option of ["verify: false", `fingerprint: "${"ab".repeat(32)}"`]) {
    const hec = configOf(option);
    assert.throws(
      () => checkProxies(hec, false),
      (error) =>
        error instanceof OperatorError &&
        /^Cannot reach https:\/\/splunk\.example\.com:8088 with hec\.tls\./.test(error.message) &&
        /hec\.tls\.ca_file in place of it: Deno .* has no way/.test(error.hint),
    );
    checkProxies(hec, true);
  }
  checkProxies(configOf("ca_file: ca.pem"), false);
});

const ways: [proxy: string, option: string, refused: boolean][] = [
  ["http://10.0.0.7:3128", "verify: false", !nodeHttpIsSound],
  ["https://proxy.example.com", "verify: false", !nodeHttpIsSound],
  ["https://10.0.0.7", "verify: false", true],
  ["socks5://proxy.example.com", "verify: false", true],
  ["socks5://proxy.example.com", `fingerprint: "${"ab".repeat(32)}"`, true],
  ["socks5://proxy.example.com", "verify: true", false],
];
for (const [proxy, option, refused] of ways) {
  Deno.test(`a proxy such as ${proxy} is ${refused ? "refused" : "accepted"} with hec.tls.${option.slice(0, 15)}`, () => {
    const more = `proxy: "${proxy}", tls: { ${option} }, token: hidden-2`;
    const { hec } = loaded({ text: smallest.replace("token: hidden-2", more) });
    if (!refused) return checkProxies(hec);
    assert.throws(
      () => checkProxies(hec),
      (error) => error instanceof OperatorError && error.message.includes(`the proxy ${proxy}`),
    );
    // A collector without TLS needs no certificate.
    checkProxies({ ...hec, urls: [{ ...hec.urls[0], scheme: "http" }] });
  });
}
