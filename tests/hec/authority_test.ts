import assert from "node:assert/strict";
import { hintOf } from "../../src/base/hinted_error.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { FetchTransport } from "../../src/hec/fetch_transport.ts";
import type { HecConnection } from "../../src/hec/hec_transport.ts";
import { nodeHttpIsSound, NodeTransport } from "../../src/hec/node_transport.ts";
import { Authority, hasOpenssl } from "./authority.ts";
import { good } from "./batches.ts";
import { ConnectProxy } from "./connect_proxy.ts";
import { HecHarness } from "./hec_harness.ts";

const ignore = !hasOpenssl() || !nodeHttpIsSound;
const LOCAL = "DNS:localhost,IP:127.0.0.1";

/** Sends one request. @returns the status, or the error. */
async function send(
  hec: HecEmulator,
  more: Partial<HecConnection>,
  make = (connection: HecConnection) =>
    new NodeTransport(connection) as FetchTransport | NodeTransport,
): Promise<number | Error> {
  const connection = { verify: true, caCerts: [], client: undefined, proxyUrl: undefined };
  const transport = make({ baseUrl: hec.url, ...connection, ...more });
  try {
    const { status } = await transport.send({
      method: "POST",
      path: "/services/collector/event",
      headers: { "authorization": `Splunk ${hec.token}` },
      body: new TextEncoder().encode('{"event":"a"}'),
    }, AbortSignal.timeout(20_000));
    return status;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  } finally {
    transport.close();
  }
}

const cases: [
  sentence: string,
  names: string | undefined,
  days: number,
  trusted: boolean,
  expected: RegExp | undefined,
][] = [
  ["a certificate with this host's name", LOCAL, 2, true, undefined],
  ["one without a name, as a Splunk's own", undefined, 2, true, undefined],
  ["not one that names other hosts", "DNS:other.example.com", 2, true, /names other hosts/],
  ["not one of an unknown authority", LOCAL, 2, false, /authority that is not trusted/],
  ["not one without a name of an unknown authority", undefined, 2, false, /not trusted|version 1/],
  ["not one that has expired", LOCAL, -1, true, /has expired/],
  ["not one without a name that has expired", undefined, -1, true, /has expired/],
];
for (const [sentence, names, days, trusted, expected] of cases) {
  Deno.test(`with a CA file HEC is trusted by ${sentence}`, { ignore }, async () => {
    using authority = new Authority("Test CA");
    using stranger = new Authority("Another CA");
    await using hec = HecEmulator.start({ tls: authority.sign(names, days) });
    const result = await send(hec, { caCerts: [(trusted ? authority : stranger).cert] });
    if (expected === undefined) assert.equal(result, 200);
    else {
      assert.ok(result instanceof Error, `answered ${result}`);
      assert.match(result.message, expected);
      assert.match(hintOf(result, ""), /hec\.|clock/);
      assert.equal(hec.requests.length, 0, "nothing was sent");
    }
  });
}

Deno.test("a nameless certificate of the given authority is trusted through a proxy too", {
  ignore,
}, async () => {
  using authority = new Authority("Test CA");
  await using hec = HecEmulator.start({ tls: authority.sign(undefined) });
  await using proxy = new ConnectProxy();
  assert.equal(await send(hec, { caCerts: [authority.cert], proxyUrl: proxy.url }), 200);
  assert.equal(proxy.targets.length, 1);
});

Deno.test(
  "without a CA file the reason of the refusal and the option to set are told",
  { ignore },
  async () => {
    using authority = new Authority("Test CA");
    await using hec = HecEmulator.start({ tls: authority.sign(LOCAL) });
    const result = await send(hec, {}, (connection) => new FetchTransport(connection));
    assert.ok(result instanceof Error);
    assert.match(result.message, /authority that is not trusted/);
    assert.match(hintOf(result, ""), /hec\.tls\.ca_file/);
  },
);

Deno.test("with a CA file HEC is trusted by a certificate of version 1", { ignore }, async () => {
  using authority = new Authority("Test CA");
  const { cert, key } = authority.sign(undefined, 2, 1);
  const folder = Deno.makeTempDirSync({ prefix: "sls2hec-version-1-" });
  try {
    Deno.writeTextFileSync(`${folder}/cert`, cert);
    Deno.writeTextFileSync(`${folder}/key`, key);
    const port = freePort();
    // Deno's own servers refuse to present such a certificate.
    await using _server = new Deno.Command("openssl", {
      args: [
        ...["s_server", "-accept", `127.0.0.1:${port}`, "-quiet", "-www"],
        ...["-cert", `${folder}/cert`, "-key", `${folder}/key`],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const status = await answered(
      new NodeTransport({
        baseUrl: `https://127.0.0.1:${port}`,
        verify: true,
        caCerts: [authority.cert],
        client: undefined,
        proxyUrl: undefined,
      }),
    );
    assert.equal(status, 200);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The status of a GET, as soon as the server is up. */
async function answered(transport: NodeTransport): Promise<number> {
  try {
    for (let tries = 0;; tries++) {
      try {
        const request = { method: "GET", path: "/", headers: {} } as const;
        return (await transport.send(request, AbortSignal.timeout(5000))).status;
      } catch (error) {
        if (tries === 100 || !/ECONNREFUSED/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    transport.close();
  }
}

Deno.test(
  "the report of a delivery over a refused certificate tells the option to set",
  { ignore },
  async () => {
    using authority = new Authority("Test CA");
    await using harness = new HecHarness({ emulators: [{ tls: authority.sign(LOCAL) }] });
    const stop = new AbortController();
    const delivery = harness.deliver([good("a")], { signal: stop.signal });
    const report = () => harness.telemetry.find((event) => event.type === "trouble");
    for (let tries = 0; !report() && tries < 500; tries++) await harness.clock.sleep(1000);
    stop.abort(new Error("seen"));
    await assert.rejects(delivery);
    const trouble = report();
    assert.match(trouble?.message ?? "", /authority that is not trusted/);
    assert.match(trouble?.hint ?? "", /hec\.tls\.ca_file/);
  },
);
