import assert from "node:assert/strict";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../../src/base/runtime.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { Authority, LOCAL } from "../support/authority.ts";
import { goods } from "./batches.ts";
import { answer, FakeTransport, silence, SUCCESS } from "./fake_transport.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

const authority = new Authority("Test CA");
const good = authority.sign({ names: LOCAL });
const SECONDS = 10;
/** Connections in ten seconds to what does not answer, of 24 requests in flight and 60 batches of four sources. */
const A_HANDFUL = 12;

/** A server that counts its connections, and does no more with them than a handshake. */
class Counted implements AsyncDisposable {
  connections = 0;
  readonly url: string;
  readonly #listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>;
  readonly #serving: Promise<void>;

  constructor(identity?: { cert: string; key: string }) {
    const here = { hostname: "127.0.0.1", port: 0 };
    this.#listener = identity ? Deno.listenTls({ ...here, ...identity }) : Deno.listen(here);
    const { port } = this.#listener.addr as Deno.NetAddr;
    this.url = `${identity ? "https" : "http"}://127.0.0.1:${port}`;
    this.#serving = this.#serve();
  }

  async #serve(): Promise<void> {
    const ends: Promise<void>[] = [];
    for await (const conn of this.#listener) {
      this.connections++;
      ends.push(this.#end(conn));
    }
    await Promise.all(ends);
  }

  async #end(conn: Deno.TcpConn | Deno.TlsConn): Promise<void> {
    using open = conn;
    // The client reports what becomes of the handshake.
    if ("handshake" in open) await open.handshake().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

async function connectionsIn10s(
  counted: Counted,
  connection: Partial<HecConnection>,
): Promise<HecHarness> {
  const connections = [{ baseUrl: counted.url, verify: true, proxyUrl: undefined, ...connection }];
  const { caCerts = [], client } = connection;
  await using harness = new HecHarness({
    speed: 10,
    client: {
      connections,
      maxConcurrentRequests: 24,
      tls: { current: () => Promise.resolve({ caCerts, client }) },
      makeTransport,
    },
  });
  await deliverMany(harness);
  return harness;
}

/** Sixty batches of four sources, for ten seconds. */
async function deliverMany(harness: HecHarness): Promise<void> {
  const stop = new AbortController();
  const sources = ["a", "b", "c", "d"].map((source) => harness.addSource(source));
  const deliveries = Array.from({ length: 60 }, (_, i) => {
    const source = sources[i % sources.length]!;
    return harness.deliver(goods(2, `${i}-`), { source, signal: stop.signal });
  });
  await harness.clock.sleep(SECONDS * 1000);
  stop.abort(new Error("the time is over"));
  await Promise.allSettled(deliveries);
}

/** `handshakes` of one try: a second one only where `fetch` may give a better reason, or trust the certificate. */
const unfit: [
  what: string,
  identity: { cert: string; key: string },
  connection: Partial<HecConnection>,
  handshakes: number,
][] = [
  ["of an authority that this host does not trust", good, {}, 2],
  [
    "that has expired",
    authority.sign({ names: LOCAL, days: -1 }),
    { caCerts: [authority.cert] },
    2,
  ],
  ["of another host", authority.sign({ names: ["o.test"] }), { caCerts: [authority.cert] }, 1],
  ["with another fingerprint", good, { fingerprint: "ab".repeat(32) }, 1],
];

for (const [what, identity, connection, handshakes] of unfit) {
  Deno.test({
    name: `a certificate ${what} is met a handful of times in ten seconds`,
    ignore: connection.fingerprint !== undefined && !nodeHttpIsSound,
    fn: async () => {
      await using counted = new Counted(identity);
      const harness = await connectionsIn10s(counted, connection);
      const { connections } = counted;
      const tries = harness.troubles().filter(({ message }) => /Cannot trust/.test(message)).length;
      assert.ok(tries >= 1);
      assert.ok(connections >= 2 && connections <= A_HANDFUL, `${connections} connections`);
      const most = handshakes * (tries + 1); // the last one may be given up when the time is over
      assert.ok(connections <= most, `${connections} connections for ${tries} tries`);
    },
  });
}

Deno.test("a server that closes its connections is met no more than its requests in flight and a handful", async () => {
  await using counted = new Counted();
  await connectionsIn10s(counted, {});
  assert.ok(counted.connections <= 24 + A_HANDFUL, `${counted.connections} connections`);
});

/** Counts the requests to the endpoints, of which the first one fails as `failing` says. */
function fakes(failing: (signal: AbortSignal) => Promise<never>): {
  options: HarnessOptions;
  sent: number[];
} {
  const sent: number[] = [];
  const makeTransport = ({ baseUrl }: HecConnection): HecTransport => {
    const at = Number(baseUrl.at(-1));
    return new FakeTransport((request, signal) => {
      if (request.method === "POST") sent[at] = (sent[at] ?? 0) + 1;
      return at === 0 ? failing(signal) : Promise.resolve(answer(SUCCESS));
    });
  };
  const connections = [0, 1].map((at) => ({
    baseUrl: `https://hec-${at}`,
    verify: true,
    proxyUrl: undefined,
  }));
  return {
    sent,
    options: { client: { connections, makeTransport, maxConcurrentRequests: 24, timeoutMs: 1000 } },
  };
}

const failures: [how: string, failing: (signal: AbortSignal) => Promise<never>][] = [
  ["refuses connections", () => Promise.reject(new Error("Connection refused"))],
  ["never answers", silence],
];

for (const [how, failing] of failures) {
  Deno.test(`an endpoint that ${how} gets a handful of requests, and the other one all of them`, async () => {
    const { options, sent } = fakes(failing);
    await using harness = new HecHarness({ ...options, speed: 20 });
    const batches = Array.from({ length: 100 }, (_, i) => goods(2, `${i}-`));
    const reports = await Promise.all(batches.map((events) => harness.deliver(events)));
    assert.equal(reports.filter(({ delivered }) => delivered === 2).length, 100);
    assert.ok(sent[0]! <= 3, `${sent[0]} requests to it`);
    assert.ok(sent[1]! >= 100);
  });

  Deno.test(`one endpoint alone that ${how} gets a handful of requests in ten seconds`, async () => {
    const { options, sent } = fakes(failing);
    const connections = options.client!.connections!.slice(0, 1);
    await using harness = new HecHarness({
      ...options,
      client: { ...options.client, connections },
      speed: 20,
    });
    await deliverMany(harness);
    assert.ok(sent[0]! >= 2 && sent[0]! <= A_HANDFUL, `${sent[0]} requests`);
  });
}

Deno.test("what was in the way of an endpoint is over for all requests at once", async () => {
  const { options } = fakes(() => Promise.reject(new Error("Connection refused")));
  let isBack = false;
  let sent = 0;
  const connections = options.client!.connections!.slice(0, 1);
  await using harness = new HecHarness({
    ...options,
    client: {
      ...options.client,
      connections,
      makeTransport: () =>
        new FakeTransport(() => {
          sent++;
          if (!isBack) throw new Error("Connection refused");
          return answer(SUCCESS);
        }),
    },
    speed: 20,
  });
  const deliveries = Array.from({ length: 60 }, (_, i) => harness.deliver(goods(2, `${i}-`)));
  await harness.until(() => harness.troubles().length >= 3);
  isBack = true;
  await Promise.all(deliveries);
  assert.ok(sent <= 60 + A_HANDFUL, `${sent} requests`);
});
