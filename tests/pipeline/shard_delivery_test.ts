import assert from "node:assert/strict";
import type { ShardListener } from "../../src/consumer/ports.ts";
import type { Batch } from "../../src/core/batch.ts";
import type { DeadLetter } from "../../src/dead_letters/dead_letter.ts";
import type { DeliveryContext } from "../../src/hec/delivery_context.ts";
import { runShard } from "../../src/pipeline/run_shard.ts";
import { deliverReport } from "../../src/pipeline/shard_delivery.ts";
import type { SourceContext } from "../../src/pipeline/source_context.ts";
import type { EventMapping } from "../../src/core/event_format.ts";
import { Recorder } from "../consumer/recorder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { cursorOf, eventOf, groupOf, plainMapping } from "./pages.ts";
import { fakeSource } from "./fake_source.ts";

const REFUSED_TEXT = "Invalid data format";

/** A source whose HEC takes everything but the events of `refused`. */
function setUp(mapping: Partial<EventMapping> = {}, oversize: "park" | "truncate" = "park") {
  const clock = new FakeClock();
  const recorder = new Recorder();
  const parked: DeadLetter[] = [];
  const events: string[] = [];
  const ids: (string | undefined)[] = [];
  const places: string[] = [];
  const contexts: DeliveryContext[] = [];
  const refused = new Set<string>();
  const deliver = async (batch: Batch, context: DeliveryContext) => {
    context.signal.throwIfAborted();
    contexts.push(context);
    const parkedAt: number[] = [];
    for (let at = 0; at < batch.count; at++) {
      const text = new TextDecoder().decode(batch.events(at, at + 1));
      events.push(text);
      ids.push(eventOf(batch, at).fields?.sls_id);
      places.push(context.placeOf(at));
      if (![...refused].some((part) => text.includes(part))) continue;
      parkedAt.push(at);
      await context.park({
        at,
        envelope: batch.events(at, at + 1),
        reason: "refused",
        status: 400,
        code: 6,
        text: REFUSED_TEXT,
      });
    }
    const delivered = batch.count - parkedAt.length;
    return { delivered, parked: parkedAt, resends: 0, ackTimeouts: 0, bodyIsFree: true };
  };
  const source = fakeSource({
    clock,
    recorder,
    pulls: { fetchCount: 2 },
    batches: { maxEvents: 100, maxEventBytes: 2000, gzip: true, oversize },
  });
  const { pullLogs } = source;
  const context: SourceContext = {
    ...source.context,
    mapping: { ...plainMapping, ...mapping },
    hec: { deliver },
    deadLetters: {
      park: (letter, signal) => {
        signal.throwIfAborted();
        parked.push({ ...letter, envelope: letter.envelope.slice() });
        return Promise.resolve();
      },
    },
  };
  return { context, clock, pullLogs, parked, events, ids, places, contexts, refused };
}

/** Reads shard 3 until nothing more comes. @returns the pages that were done. */
async function read({ context, clock }: ReturnType<typeof setUp>) {
  const revoked = new AbortController();
  const done: unknown[] = [];
  const listener: ShardListener = {
    pulled: () => {},
    done: ({ seq, report: { delivered, parked } }) => done.push({ seq, delivered, parked }),
    rewound: () => assert.fail("no page is broken"),
    caughtUp: () => {},
  };
  const lost = new AbortController().signal;
  const job = { shard: 3, cursor: cursorOf(0), revoked: revoked.signal, lost };
  const running = runShard(context, job, listener);
  await clock.advance(3000);
  revoked.abort(new Error("revoked"));
  assert.deepEqual(await running, { kind: "drained" });
  return done;
}

Deno.test("ShardDelivery delivers a shard's logs by its source's route", async () => {
  const test = setUp({ index: ["main"], eventIdPrefix: "p/l/" });
  test.pullLogs.groups = [groupOf("a", "b"), groupOf("c"), groupOf("d")];
  assert.deepEqual(await read(test), [
    { seq: 0, delivered: 3, parked: 0 },
    { seq: 1, delivered: 1, parked: 0 },
  ]);
  assert.deepEqual(test.ids, ["p/l/3/0#0", "p/l/3/0#1", "p/l/3/1#0", "p/l/3/2#0"]);
  assert.ok(test.events.every((event) => event.includes('"index":"main"')));
  assert.ok(test.contexts.every(({ source }) => source === "p/l"));
  assert.deepEqual(test.places, [
    ...Array(3).fill(`p/l shard 3 cursor ${cursorOf(0)}`),
    `p/l shard 3 cursor ${cursorOf(2)}`,
  ]);
});

Deno.test("ShardDelivery gives events no id where that is switched off", async () => {
  const test = setUp();
  test.pullLogs.groups = [groupOf("a")];
  await read(test);
  assert.deepEqual(test.ids, [undefined]);
});

Deno.test("ShardDelivery parks a refused event with the place it came from", async () => {
  const test = setUp();
  test.pullLogs.groups = [groupOf("a", "b"), groupOf("c"), groupOf("bad", "e")];
  test.refused.add('"bad"').add('"b"');
  assert.deepEqual(await read(test), [
    { seq: 0, delivered: 2, parked: 1 },
    { seq: 1, delivered: 1, parked: 1 },
  ]);
  assert.deepEqual(
    test.parked.map(({ envelope, ...letter }) => ({
      ...letter,
      event: JSON.parse(new TextDecoder().decode(envelope)).event.msg,
    })),
    [{ cursor: cursorOf(0), indexInPage: 1, event: "b" }, {
      cursor: cursorOf(2),
      indexInPage: 0,
      event: "bad",
    }].map((place) => ({
      source: "p/l",
      shard: 3,
      reason: "refused",
      status: 400,
      code: 6,
      text: REFUSED_TEXT,
      ...place,
    })),
  );
});

Deno.test("deliverReport() delivers an event of the program's own, where the source's go", async () => {
  const test = setUp({ index: ["main"], sourcetype: ["aliyun:sls"], source: ["sls"], host: ["h"] });
  const signal = new AbortController().signal;
  await deliverReport(
    test.context,
    { sls2hec: "gap", shard: 3, message: 'a "quote" and 错' },
    signal,
  );
  assert.deepEqual(test.events.map((event) => JSON.parse(event)), [{
    time: Date.UTC(2026, 9, 6, 8, 30, 0) / 1000,
    source: "sls",
    sourcetype: "aliyun:sls",
    index: "main",
    event: { sls2hec: "gap", shard: 3, message: 'a "quote" and 错' },
  }]);
  assert.equal(test.contexts[0]?.source, "p/l");
  assert.equal(test.contexts[0]?.signal, signal);
  assert.deepEqual(test.places, ["a report about p/l"]);
});

Deno.test("deliverReport() leaves out what the token decides", async () => {
  const test = setUp();
  await deliverReport(test.context, { sls2hec: "gap" }, new AbortController().signal);
  assert.deepEqual(Object.keys(JSON.parse(test.events[0]!)), ["time", "event"]);
});

Deno.test("deliverReport() parks the report if HEC refuses it", async () => {
  const test = setUp();
  test.refused.add("gap");
  await deliverReport(test.context, { sls2hec: "gap" }, new AbortController().signal);
  assert.deepEqual(test.parked.map(({ source, shard, cursor }) => ({ source, shard, cursor })), [
    { source: "p/l", shard: -1, cursor: "" },
  ]);
});

Deno.test("deliverReport() throws the signal's reason when the report is dropped", async () => {
  const test = setUp();
  const reason = new Error("lost");
  await assert.rejects(
    deliverReport(test.context, { sls2hec: "gap" }, AbortSignal.abort(reason)),
    reason,
  );
});

Deno.test("ShardDelivery parks an event that is too large, with its place", async () => {
  const test = setUp();
  test.pullLogs.groups = [groupOf("a", "x".repeat(3000)), groupOf("b")];
  assert.deepEqual(await read(test), [{ seq: 0, delivered: 2, parked: 1 }]);
  const [letter] = test.parked;
  assert.equal(letter?.reason, "oversize");
  assert.equal(letter.status, 0);
  assert.deepEqual([letter.shard, letter.cursor, letter.indexInPage], [3, cursorOf(0), 1]);
  assert.ok(new TextDecoder().decode(letter.envelope).includes("x".repeat(3000)), "whole");
});

Deno.test("ShardDelivery cuts an event that is too large when so configured, and marks it", async () => {
  const test = setUp({}, "truncate");
  test.pullLogs.groups = [groupOf("a", "x".repeat(3000))];
  assert.deepEqual(await read(test), [{ seq: 0, delivered: 2, parked: 0 }]);
  assert.deepEqual(test.parked, []);
  const cut = JSON.parse(test.events[1]!);
  assert.match(cut.event.msg, /^x+$/);
  assert.deepEqual(cut.event.sls2hec_truncated.fields, ["msg"]);
  assert.ok(test.events[1]!.length <= 2000);
});
