import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import type { HecEmulatorOptions } from "../../src/emulator/hec/hec_emulator_options.ts";
import { FetchTransport } from "../../src/hec/transport/fetch_transport.ts";
import type { HecConnection, HecTransport } from "../../src/hec/transport/hec_transport.ts";
import { makeTransport } from "../../src/app/open_hec.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { goods, type TestEvent } from "./batches.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

const TOKEN = { token: "t", useAck: true };
const MAX_IN_FLIGHT = 8;

/** Several indexers behind one address, each with ids of its own. */
function behindBalancer(
  emulator: HecEmulatorOptions,
  { client, speed = 20 }: Pick<HarnessOptions, "client" | "speed"> = {},
): HecHarness {
  return new HecHarness({
    speed,
    emulators: [{ tokens: [TOKEN], random: seededRandom(7), ...emulator }],
    client: {
      ack: "on",
      ackTimeoutMs: 60_000,
      maxConcurrentRequests: MAX_IN_FLIGHT,
      makeTransport,
      ...client,
    },
  });
}

/** Delivers batches side by side; each is indexed when it counts as delivered. */
async function deliverAll(
  harness: HecHarness,
  batches: readonly (readonly TestEvent[])[],
): Promise<void> {
  await Promise.all(batches.map(async (events) => {
    await harness.deliver(events);
    const indexed = harness.indexed();
    for (const { id } of events) assert.ok(indexed.has(id), `${id} was counted and not indexed`);
  }));
}

const batchesOf = (count: number, size: number, name = "b") =>
  Array.from({ length: count }, (_, i) => goods(size, `${name}${i}-`));

const posts = ({ hec }: HecHarness) => hec.requests.filter(({ kind }) => kind === "event");

const copies = (harness: HecHarness) =>
  [...harness.indexed().values()].reduce((sum, count) => sum + count, 0);

const spreads: [
  ack: "on" | "auto",
  indexers: number,
  balancing: "request" | "random" | "connection",
  mostCopies: number,
][] = [
  ["on", 3, "request", 4080],
  ["on", 4, "request", 4080],
  ["auto", 3, "request", 4080],
  ["auto", 4, "random", 4300],
  ["on", 3, "random", 4300],
  ["on", 2, "connection", 4400],
  ["auto", 3, "connection", 4400],
];
for (const [ack, indexers, balancing, mostCopies] of spreads) {
  Deno.test(`HecClient with acks ${ack} delivers 4,000 logs in seconds behind ${indexers} indexers that take turns by ${balancing}`, async () => {
    await using harness = behindBalancer({ indexers, balancing }, { client: { ack }, speed: 5 });
    const batches = batchesOf(200, 20);
    const startMs = harness.clock.monotonicMs();
    // Look at the index only once: with this many events, time would pass unnoticed.
    const reports = await Promise.all(batches.map((events) => harness.deliver(events)));
    const tookMs = harness.clock.monotonicMs() - startMs;
    harness.assertComplete(batches.flat(), batches.flat());
    assert.ok(reports.every(({ ackTimeouts }) => ackTimeouts === 0));
    assert.ok(copies(harness) <= mostCopies, `${copies(harness)} copies of 4,000 logs`);
    assert.ok(tookMs < 60_000, `${tookMs} ms`);
    const { requestsOpenMax, connectionsOpened } = harness.hec;
    assert.ok(requestsOpenMax <= MAX_IN_FLIGHT, `${requestsOpenMax} requests in flight`);
    const mostConnections = MAX_IN_FLIGHT * (1 + tookMs / 5000); // new ones every 5 s at most
    assert.ok(connectionsOpened <= mostConnections, `${connectionsOpened} connections`);
    assert.equal(harness.troubles().some(({ held }) => held), false);
  });
}

const ways: [name: string, make: (connection: HecConnection) => HecTransport][] = [
  ["what is usual", makeTransport],
  ["fetch", (connection) => new FetchTransport(connection)],
];
for (const [name, make] of ways) {
  Deno.test(`over ${name} HecClient uses the channels of acknowledged requests again, and each for one request at a time`, async () => {
    await using harness = behindBalancer({ indexers: 3, balancing: "request" }, {
      client: { makeTransport: make },
    });
    for (let round = 0; round < 6; round++) {
      await deliverAll(harness, batchesOf(20, 2, `r${round}-`));
    }
    const channels = new Set(posts(harness).map(({ channel }) => channel));
    assert.ok(
      channels.size <= 30,
      `${channels.size} channels for ${posts(harness).length} requests`,
    );
  });
}

Deno.test("HecClient counts nothing that is lost when one indexer of three restarts again and again", async () => {
  await using harness = behindBalancer(
    { indexers: 3, balancing: "random", ackDelayMs: 2000 },
    { client: { ackTimeoutMs: 15_000 }, speed: 60 },
  );
  const { hec } = harness;
  let running = true;
  const restarts = (async () => {
    for (let i = 0; running; i++) {
      await harness.clock.sleep(1500);
      hec.restart({ indexer: i % 3, loseUnacked: true });
      if (i > 12) break;
    }
  })();
  const batches = batchesOf(60, 3);
  await deliverAll(harness, batches);
  running = false;
  await restarts;
  assert.ok(hec.counts.lost > 0);
  harness.assertComplete(batches.flat(), batches.flat());
});

Deno.test("HecClient counts nothing twice over when answers to polls are lost behind several indexers", async () => {
  await using harness = behindBalancer({ indexers: 3, balancing: "request" }, {
    client: { ackTimeoutMs: 15_000 },
    speed: 20,
  });
  harness.hec.rule = ({ kind }, n) =>
    kind === "ack" && n % 4 === 0 ? faults.losePollReply() : undefined;
  const batches = batchesOf(30, 3);
  await deliverAll(harness, batches);
  harness.assertComplete(batches.flat(), batches.flat());
});

Deno.test("HecClient sends polls of one request's channel with the cookie of that request's answer", async () => {
  await using harness = behindBalancer({ indexers: 3, balancing: "cookie" });
  // Cookies that lead nowhere the same break the first channel.
  let n = 0;
  harness.hec.rule = ({ kind }) =>
    kind === "event" && n++ < 3 ? faults.setCookie(`lb=${n}`) : undefined;
  await deliverAll(harness, batchesOf(20, 2));
  const polls = harness.hec.requests.filter(({ kind }) => kind === "ack");
  assert.ok(polls.every(({ headers }) => headers.get("cookie") !== null));
});

for (const forget of [false, true]) {
  Deno.test(`HecClient delivers to receivers like OpenTelemetry's, with ids from 1${forget ? ", that remember few" : ""}`, async () => {
    for (const indexers of [1, 2]) {
      await using harness = behindBalancer({
        indexers,
        balancing: "request",
        ackDelayMs: 0,
        switches: { firstAckId: 1, ackOverflow: "forget" },
        limits: forget ? { maxAckChannels: 5, maxPendingAcksPerChannel: 5 } : {},
      }, { client: { ackTimeoutMs: 5000 }, speed: 60 });
      const batches = batchesOf(40, 3);
      await deliverAll(harness, batches);
      harness.assertComplete(batches.flat(), batches.flat());
    }
  });
}
