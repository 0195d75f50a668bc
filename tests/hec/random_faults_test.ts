import assert from "node:assert/strict";
import type { Fault, FaultRule } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { good, poison, type TestEvent } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

const SEEDS = 12;
const BATCHES = 24;
const EVENTS = 20;
/** Share of requests that meet a fault. */
const FAULTY = 0.35;

/** A busy server that stops before a poison event refuses that one, in place of lying about the number. */
function busyAfter(events: number, number = events): Fault {
  const { answer, ...fault } = faults.busyAfter(events, number) as Fault & { at: "after" };
  return { ...fault, answer: (due) => due.status === 200 ? answer(due) : due };
}

/** Each kind of fault, as often as it is listed. */
const DATA_FAULTS: readonly (() => Fault)[] = [
  ...[faults.busy, faults.queueFull, faults.ackChannelFull, faults.internalError],
  ...[faults.invalidToken, faults.notFound, faults.shuttingDown, faults.close],
  ...[faults.storeThenClose, faults.storeThenClose, faults.cutBeforeBody, faults.closeAfterAnswer],
  ...[() => busyAfter(1), () => busyAfter(7), () => busyAfter(3, 4)],
  ...[() => faults.warn(24), () => faults.warn(25), () => faults.html(502), () => faults.html(503)],
  ...[() => faults.storeThenHtml(504), () => faults.cutAnswer(9), () => faults.wrongLength(5)],
  ...[() => faults.drip(4, 50), () => faults.slow(300), () => faults.lateAnswer(300)],
  ...[() => faults.empty(408), () => faults.code(11), () => faults.html(400)],
  ...[() => faults.retryAfter(429, "1"), () => faults.unknownCode(500, 99)],
];
const ACK_FAULTS: readonly (() => Fault)[] = [
  faults.busy,
  faults.close,
  faults.losePollReply,
  () => faults.html(502),
  () => faults.slow(300),
];

function faultRule(random: () => number): FaultRule {
  const one = (list: readonly (() => Fault)[]) => list[Math.floor(random() * list.length)]!();
  return ({ kind }) => {
    if (random() >= FAULTY) return undefined;
    return kind === "ack" ? faults.on("ack", one(ACK_FAULTS)) : one(DATA_FAULTS);
  };
}

/** Batches in which about every twentieth event is poison. */
function batchesOf(random: () => number): TestEvent[][] {
  return Array.from({ length: BATCHES }, (_, batch) =>
    Array.from({ length: EVENTS }, (_, i) => {
      const id = `b${batch}-${i}`;
      return random() < 0.05 ? poison(id, random() < 0.5 ? 6 : 13) : good(id);
    }));
}

for (const ack of ["off", "on"] as const) {
  for (let seed = 1; seed <= SEEDS; seed++) {
    Deno.test(`HecClient loses nothing and parks the poison alone under faults, acks ${ack}, seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const emulator = { tokens: [{ token: "t", useAck: ack === "on" }] };
      await using harness = new HecHarness({
        emulators: seed % 3 === 0 ? [emulator, emulator, emulator] : [emulator],
        random,
        client: { ack, ackTimeoutMs: 15_000, timeoutMs: 30_000 },
        source: { guard: { maxRefusedPercent: 100, maxRefusedInARow: 1000 } },
        speed: 200,
      });
      for (const hec of harness.emulators) hec.rule = faultRule(random);
      const batches = batchesOf(random);
      let delivered = 0;
      const deliveries = batches.map(async (events) => {
        await harness.deliver(events);
        delivered++;
        const indexed = harness.indexed();
        for (const { id } of events) {
          assert.ok(indexed.has(id) || harness.parked.has(id), `${id} was counted and is nowhere`);
        }
      });
      // A restart in the middle takes with it what was not indexed.
      await harness.until(() => delivered > BATCHES / 3);
      harness.hec.restart({ loseUnacked: ack === "on" });
      await harness.until(() => delivered > BATCHES / 2);
      for (const hec of harness.emulators) hec.rule = undefined;
      await Promise.all(deliveries);
      const events = batches.flat();
      harness.assertComplete(events, events);
      const poisoned = events.filter(({ text }) => !text.includes("not this one"));
      assert.deepEqual(
        [...harness.parked.keys()].sort(),
        poisoned.map(({ id }) => id).sort(),
      );
    });
  }
}
