import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { good, goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";

interface Case {
  readonly sentence: string;
  readonly faults: readonly Fault[];
  /** Which of five events, `e0` to `e4`, may be indexed twice: those whose fate the answer left open. */
  readonly mayRepeat?: readonly number[];
  /** Those of them that must be, as they were stored before the answer was lost. */
  readonly repeated?: readonly number[];
  /** Requests beyond the first; as many as there are faults by default. */
  readonly resends?: number;
  /** Least time from the first request to the last. */
  readonly atLeastMs?: number;
  /** Whether the timeout for answers decides: then time passes more slowly, for hosts that are busy. */
  readonly nearTimeout?: true;
}

const TIMEOUT_MS = 20_000;

const ALL = [0, 1, 2, 3, 4];

const cases: Case[] = [
  { sentence: "503 code 9, three times", faults: [faults.times(3, faults.busy())], resends: 3 },
  {
    sentence: "503 code 9 after two events",
    faults: [faults.busyAfter(2)],
    mayRepeat: [1],
    repeated: [1],
  },
  {
    sentence: "503 code 9 after all events",
    faults: [faults.busyAfter(5)],
    mayRepeat: [4],
    repeated: [4],
  },
  {
    sentence: "503 code 9 with the number of the event at which it stopped, counted from 1",
    faults: [faults.busyAfter(2, 3)],
  },
  {
    sentence: "503 code 9 with a number beyond the request",
    faults: [faults.busyAfter(2, 77)],
    mayRepeat: ALL,
    repeated: [0, 1],
  },
  {
    sentence: "503 code 9 after one event more each time",
    faults: [faults.busyAfter(2), faults.busyAfter(2), faults.busyAfter(2)],
    mayRepeat: [1, 2, 3],
    repeated: [1, 2, 3],
  },
  { sentence: "429 code 26", faults: [faults.queueFull()] },
  { sentence: "429 code 27", faults: [faults.ackChannelFull()] },
  { sentence: "503 code 23 and a closed connection", faults: [faults.shuttingDown()] },
  { sentence: "500 code 8", faults: [faults.internalError()] },
  { sentence: "503 codes 18, 19 and 20", faults: [18, 19, 20].map((code) => faults.code(code)) },
  { sentence: "200 code 24", faults: [faults.warn(24)], resends: 0 },
  { sentence: "200 code 25", faults: [faults.warn(25)], resends: 0 },
  { sentence: "408", faults: [faults.empty(408)] },
  { sentence: "404, five times", faults: [faults.times(5, faults.notFound())], resends: 5 },
  {
    sentence: "403 code 4, five times",
    faults: [faults.times(5, faults.invalidToken())],
    resends: 5,
  },
  { sentence: "code 11, once", faults: [faults.code(11)] },
  { sentence: "400 with a page, once", faults: [faults.html(400)] },
  { sentence: "an unknown code on 500", faults: [faults.unknownCode(500, 77)] },
  { sentence: "502 with a page", faults: [faults.html(502)] },
  { sentence: "503 with a page", faults: [faults.html(503)] },
  { sentence: "an empty 500", faults: [faults.empty(500)] },
  { sentence: "a huge 500", faults: [faults.hugeBody(3_000_000, 500)] },
  {
    sentence: "503 with Retry-After in seconds",
    faults: [faults.retryAfter(503, "20")],
    atLeastMs: 20_000,
  },
  {
    sentence: "429 with a Retry-After that means nothing",
    faults: [faults.retryAfter(429, "soon")],
  },
  { sentence: "a request that is cut before its body is read", faults: [faults.cutBeforeBody()] },
  { sentence: "a connection that closes without an answer", faults: [faults.close()] },
  {
    sentence: "an answer that never comes",
    faults: [faults.hang()],
    atLeastMs: TIMEOUT_MS,
    nearTimeout: true,
  },
  {
    sentence: "events that are accepted and a connection that closes",
    faults: [faults.storeThenClose()],
    mayRepeat: ALL,
    repeated: ALL,
  },
  {
    sentence: "events that are accepted and an answer that never comes",
    faults: [faults.storeThenHang()],
    mayRepeat: ALL,
    repeated: ALL,
    atLeastMs: TIMEOUT_MS,
    nearTimeout: true,
  },
  {
    sentence: "events that are accepted and 504 of a balancer",
    faults: [faults.storeThenHtml(504)],
    mayRepeat: ALL,
    repeated: ALL,
  },
  {
    sentence: "an answer that breaks off",
    faults: [faults.cutAnswer(5), faults.cutAnswer(0), faults.wrongLength(9)],
    mayRepeat: ALL,
    repeated: ALL,
  },
  { sentence: "an answer that drips", faults: [faults.drip(2, 100)], resends: 0 },
  {
    sentence: "an answer that comes late",
    faults: [faults.lateAnswer(TIMEOUT_MS / 2)],
    resends: 0,
    nearTimeout: true,
  },
  {
    sentence: "an answer that is too late",
    faults: [faults.lateAnswer(TIMEOUT_MS * 1.5)],
    mayRepeat: ALL,
    repeated: ALL,
    nearTimeout: true,
  },
  {
    sentence: "Connection: close with the answer",
    faults: [faults.closeAfterAnswer()],
    resends: 0,
  },
];

for (const ack of ["off", "on"] as const) {
  for (const one of cases) {
    Deno.test(`HecClient survives ${one.sentence}, acks ${ack}`, async () => {
      const tokens = [{ token: "t", useAck: ack === "on" }];
      await using harness = new HecHarness({
        emulators: [{ tokens }],
        client: { ack, timeoutMs: one.nearTimeout ? TIMEOUT_MS : 10 * TIMEOUT_MS },
        speed: one.nearTimeout ? 20 : 100,
      });
      const { hec } = harness;
      const warmUp = good("warm up"); // the faults meet a connection that was used before
      await harness.deliver([warmUp]);
      hec.inject(...one.faults);
      const events = goods(5);
      const startMs = harness.clock.monotonicMs();
      const report = await harness.deliver(events);
      assert.equal(hec.faultsQueued, 0);
      // With acks a busy server's prefix has no id, and nothing of it counts.
      const pick = (numbers: readonly number[] = []) => numbers.map((number) => events[number]!);
      const busyPrefix = ack === "on" && one.sentence.startsWith("503 code 9 ");
      const mayRepeat = busyPrefix ? events : pick(one.mayRepeat);
      harness.assertComplete([warmUp, ...events], mayRepeat);
      for (const { id } of pick(one.repeated)) {
        assert.ok(busyPrefix || harness.indexed().get(id)! > 1, `${id} was stored before`);
      }
      const resends = one.resends ?? one.faults.length;
      assert.equal(report.resends, resends);
      assert.ok(harness.clock.monotonicMs() - startMs >= (one.atLeastMs ?? 0));
      assert.equal(harness.troubles().some(({ held }) => held), false);
      const [trouble, last] = [harness.telemetry[0], harness.telemetry.at(-1)];
      if (report.resends > 0) assert.equal(trouble?.type, "trouble");
      if (trouble) assert.equal(last?.type, "recovered");
      assert.deepEqual(report.parked, []);
    });
  }
}

Deno.test("HecClient waits between tries after a busy server took a part, and does not hurry it", async () => {
  await using harness = new HecHarness({ client: { ack: "off" } });
  const events = goods(30);
  harness.hec.inject(...events.slice(0, 8).map(() => faults.busyAfter(2)));
  const startMs = harness.clock.monotonicMs();
  await harness.deliver(events);
  harness.assertComplete(events, events);
  assert.ok(harness.clock.monotonicMs() - startMs >= 8 * 250);
  assert.equal(harness.troubles().length, 8);
});

Deno.test("HecClient asks less of a server that warns that its queue fills", async () => {
  await using harness = new HecHarness({ client: { maxConcurrentRequests: 8 } });
  const { hec } = harness;
  hec.rule = () => faults.warn(24);
  for (let i = 0; i < 6; i++) {
    await harness.deliver(goods(1, `w${i}-`));
    await harness.clock.sleep(600);
  }
  hec.rule = () => faults.slow(300);
  await Promise.all(Array.from({ length: 4 }, (_, i) => harness.deliver(goods(1, `x${i}-`))));
  assert.ok(hec.requestsOpenMax <= 3, `${hec.requestsOpenMax} at once`);
});
