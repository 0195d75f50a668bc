import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { good, goods } from "./batches.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

const TOKEN = { token: "t", useAck: true };
const ACKS: HarnessOptions = { emulators: [{ tokens: [TOKEN] }], client: { ack: "on" } };

function harnessWith(
  more: HarnessOptions["client"] = {},
  emulator = {},
  options: HarnessOptions = {},
): HecHarness {
  return new HecHarness({
    ...options,
    emulators: [{ tokens: [TOKEN], ...emulator }],
    client: { ack: "on", ackTimeoutMs: 20_000, ...more },
  });
}

const polls = ({ hec }: HecHarness) => hec.requests.filter(({ kind }) => kind === "ack").length;

for (const ack of ["on", "auto"] as const) {
  Deno.test(`HecClient with acks ${ack} counts events as delivered when they are indexed`, async () => {
    // Slowly: a first answer that is late by five seconds of this clock costs a second channel.
    await using harness = new HecHarness({ ...ACKS, client: { ack }, speed: 20 });
    const batches = Array.from({ length: 10 }, (_, i) => goods(20, `b${i}-`));
    await Promise.all(batches.map(async (events) => {
      const report = await harness.deliver(events);
      const indexed = harness.indexed(); // at this very moment
      for (const { id } of events) assert.equal(indexed.get(id), 1);
      assert.deepEqual([report.resends, report.ackTimeouts], [0, 0]);
    }));
    harness.assertComplete(batches.flat());
    const channels = new Set(harness.hec.requests.map(({ channel }) => channel));
    assert.equal(channels.size, 1);
    assert.ok(polls(harness) <= 5, `${polls(harness)} polls for ten batches`);
  });
}

Deno.test("HecClient with acks auto does not poll where the token has no acknowledgement", async () => {
  await using harness = new HecHarness();
  const events = goods(3);
  await harness.deliver(events);
  await harness.clock.sleep(5000);
  harness.assertComplete(events);
  assert.equal(polls(harness), 0);
});

Deno.test("HecClient with acks off counts accepted events, and ignores ids", async () => {
  await using harness = new HecHarness({ ...ACKS, client: { ack: "off" } });
  harness.hec.ackDelayMs = "never";
  const report = await harness.deliver(goods(3));
  assert.equal(report.delivered, 3);
  assert.equal(polls(harness), 0);
});

Deno.test("HecClient with acks on holds the source where the token has no acknowledgement", async () => {
  await using harness = new HecHarness({ client: { ack: "on" }, speed: 300 });
  const events = goods(20);
  const delivery = harness.deliver(events);
  await harness.until(() => harness.troubles().length === 3);
  const { message, hint, held } = harness.troubles()[0]!;
  assert.equal(held, true);
  assert.match(message, /^Cannot count 20 events at http:\S+ as delivered: .* without an id/);
  assert.match(
    hint,
    /indexer acknowledgement .*, or set hec\.ack: off/,
  );
  harness.hec.tokens.set(harness.hec.token, { token: harness.hec.token, useAck: true });
  await delivery;
  harness.assertComplete(events, events);
  const counts = harness.indexed();
  // The whole batch was stored once unproved, and after that one event for each try.
  for (const { id } of events.slice(1)) assert.equal(counts.get(id), 2);
});

Deno.test("HecClient waits for acks that are late, and sends nothing twice", async () => {
  await using harness = harnessWith({ ackTimeoutMs: 300_000 }, { ackDelayMs: 120_000 });
  const events = goods(5);
  const report = await harness.deliver(events);
  harness.assertComplete(events);
  assert.deepEqual([report.resends, report.ackTimeouts], [0, 0]);
});

Deno.test("HecClient sends events again whose ack never comes, on a new channel", async () => {
  await using harness = harnessWith({}, { ackDelayMs: "never" });
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.until(() => polls(harness) > 5);
  harness.hec.ackDelayMs = 1000;
  const report = await delivery;
  harness.assertComplete(events, events);
  assert.deepEqual([report.resends, report.ackTimeouts], [1, 1]);
  const data = harness.hec.requests.filter(({ kind }) => kind === "event");
  assert.equal(data.length, 2);
  assert.notEqual(data[0]!.channel, data[1]!.channel);
});

Deno.test("HecClient sends events again when the one poll reply is lost that said true", async () => {
  await using harness = harnessWith();
  const events = goods(5);
  harness.hec.ackDelayMs = 500;
  harness.hec.inject(faults.losePollReply());
  const report = await harness.deliver(events);
  harness.assertComplete(events, events);
  assert.deepEqual([report.resends, report.ackTimeouts], [1, 1]);
});

const refusals: [sentence: string, fault: ReturnType<typeof faults.code>][] = [
  ["503 code 9", faults.busy()],
  ["400 code 14", faults.code(14)],
  ["400 with a page", faults.html(400)],
  ["a redirect", faults.redirect()],
  ["200 with a page", faults.html(200)],
  ["200 without acks", faults.code(0)],
  ["no answer", faults.close()],
];
for (const [sentence, fault] of refusals) {
  Deno.test(`HecClient takes polls answered by ${sentence} for no proof, and keeps polling`, async () => {
    await using harness = harnessWith();
    harness.hec.rule = (request) => request.kind === "ack" ? faults.on("ack", fault) : undefined;
    const events = goods(5);
    let done = false;
    const delivery = harness.deliver(events).then((report) => {
      done = true;
      return report;
    });
    await harness.until(() => harness.troubles().length >= 3);
    assert.equal(done, false);
    assert.match(harness.troubles()[0]!.message, /^Cannot poll acknowledgements at http/);
    harness.hec.rule = undefined;
    const report = await delivery;
    harness.assertComplete(events);
    assert.equal(report.ackTimeouts, 0);
    assert.ok(harness.telemetry.some(({ type }) => type === "recovered"));
  });
}

Deno.test("HecClient loses nothing when Splunk restarts and forgets what it had not indexed", async () => {
  await using harness = harnessWith({}, { ackDelayMs: 10_000 });
  const batches = Array.from({ length: 6 }, (_, i) => goods(10, `b${i}-`));
  const deliveries = batches.map((events) => harness.deliver(events));
  await harness.until(() => harness.hec.counts.accepted === 60);
  harness.hec.restart({ loseUnacked: true });
  harness.hec.ackDelayMs = 500;
  const reports = await Promise.all(deliveries);
  harness.assertComplete(batches.flat());
  assert.equal(harness.hec.counts.lost, 60);
  assert.equal(reports.every(({ ackTimeouts }) => ackTimeouts === 1), true);
});

/** Time passes slowly enough that all requests of a channel wait for its first answer, however busy the host is. */
const SLOW: HarnessOptions = { speed: 5 };

Deno.test("HecClient sends all pending events again at once when ids start from 0 after a restart", async () => {
  await using harness = harnessWith({ ackTimeoutMs: 300_000 }, { ackDelayMs: 30_000 }, SLOW);
  const before = Array.from({ length: 3 }, (_, i) => goods(5, `before${i}-`));
  const deliveries = before.map((events) => harness.deliver(events));
  await harness.until(() => harness.hec.counts.accepted === 15);
  harness.hec.restart({ loseUnacked: true });
  harness.hec.ackDelayMs = 500;
  // The server gives id 0 on the same channel to other events.
  const after = goods(5, "after");
  const reports = await Promise.all([...deliveries, harness.deliver(after)]);
  assert.deepEqual(reports.map(({ ackTimeouts }) => ackTimeouts), [0, 0, 0, 0]);
  harness.assertComplete([...before.flat(), ...after], after);
});

Deno.test("HecClient sends pending events again when the balancer's cookie changes", async () => {
  await using harness = harnessWith({ ackTimeoutMs: 300_000 }, { ackDelayMs: 3000 });
  const { hec } = harness;
  hec.inject(faults.setCookie("lb=one; Path=/"));
  const first = goods(5, "first");
  const delivery = harness.deliver(first);
  await harness.until(() => hec.counts.accepted === 5);
  hec.inject(faults.setCookie("lb=two; Path=/"));
  const second = goods(5, "second");
  await Promise.all([delivery, harness.deliver(second)]);
  harness.assertComplete([...first, ...second], [...first, ...second]);
  const data = hec.requests.filter(({ kind }) => kind === "event");
  assert.equal(data.length, 4);
  assert.notEqual(data[3]!.channel, data[0]!.channel);
  assert.equal(data[1]!.headers.get("cookie"), "lb=one");
  assert.equal(data[2]!.headers.get("cookie"), null);
});

Deno.test("HecClient stays with the indexer to which the balancer's cookie leads", async () => {
  await using harness = harnessWith({}, { indexers: 4, balancing: "cookie" }, SLOW);
  const batches = Array.from({ length: 12 }, (_, i) => goods(5, `b${i}-`));
  await Promise.all(batches.map((events) => harness.deliver(events)));
  harness.assertComplete(batches.flat());
  assert.equal(new Set(harness.hec.requests.map(({ indexer }) => indexer)).size, 1);
});

Deno.test("HecClient gets its cookie from a server that refuses requests without one", async () => {
  await using harness = harnessWith({}, {
    indexers: 2,
    balancing: "cookie",
    requireAnyCookie: ["AWSALB"],
  });
  const batches = Array.from({ length: 5 }, (_, i) => goods(5, `b${i}-`));
  await Promise.all(batches.map((events) => harness.deliver(events)));
  harness.assertComplete(batches.flat());
  assert.equal(harness.troubles().some(({ held }) => held), false);
});

for (const balancing of ["request", "connection"] as const) {
  Deno.test(`HecClient loses nothing behind a balancer that spreads by ${balancing} and breaks stickiness`, async () => {
    await using harness = harnessWith({ ackTimeoutMs: 5000 }, { indexers: 2, balancing });
    const batches = Array.from({ length: 3 }, (_, i) => goods(3, `b${i}-`));
    await Promise.all(batches.map(async (events) => {
      await harness.deliver(events);
      const indexed = harness.indexed();
      for (const { id } of events) assert.ok(indexed.has(id), `${id} was counted and not indexed`);
    }));
    harness.assertComplete(batches.flat(), batches.flat());
  });
}

Deno.test("HecClient waits for every ack of a batch that was refused in parts", async () => {
  await using harness = harnessWith({}, { switches: { ackIdOnRefusal: "code_6_only" } });
  const events = [good("a"), { id: "bad", text: '{"time":1,"event":" "}' }, good("b")];
  const { parked, resends } = await harness.deliver(events);
  assert.deepEqual(parked, [1]);
  // Without its own id the prefix is sent again.
  harness.assertComplete(events, [events[0]!]);
  assert.equal(resends, 2);
});

/** What becomes of the first requests after the restart; of two, or of more. */
const hidden: [sentence: string, fault: Fault, times?: number][] = [
  ["comes late", faults.lateAnswer(8000)],
  ["is lost", faults.storeThenClose()],
  ["is lost once", faults.storeThenClose(), 1],
  ["is lost after a while", { ...faults.storeThenClose(), waitAfterMs: 8000 } as Fault],
];
for (const [sentence, fault, times = 2] of hidden) {
  Deno.test(`HecClient takes no true for an id that a restarted Splunk gave to events whose answer ${sentence}`, async () => {
    await using harness = harnessWith({}, { ackDelayMs: 60_000 });
    const { hec } = harness;
    const lost = goods(3, "lost");
    let counted = false;
    const first = harness.deliver(lost).then(() => {
      counted = true;
      for (const { id } of lost) {
        assert.ok(harness.indexed().has(id), `${id} was counted and is lost`);
      }
    });
    await harness.until(() => hec.counts.accepted === 3);
    hec.restart({ loseUnacked: true });
    hec.ackDelayMs = 500;
    const pollsBefore = polls(harness); // connections are used already when the events come
    await harness.until(() => polls(harness) > pollsBefore);
    hec.rule = ({ kind }, n) => kind === "event" && n <= 1 + times ? fault : undefined;
    // On the same channel, so that they get id 0 again, for which the first events wait.
    const second = goods(3, "second");
    const later = harness.deliver(second);
    await harness.until(() => hec.counts.indexed > 0 || counted);
    await Promise.all([first, later]);
    harness.assertComplete([...lost, ...second], [...lost, ...second]);
  });
}
