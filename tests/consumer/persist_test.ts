import assert from "node:assert/strict";
import { OperatorError } from "../../src/base/operator_error.ts";
import { persist } from "../../src/consumer/persist.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Recorder } from "./recorder.ts";

function setUp() {
  const clock = FakeClock.inside();
  const recorder = new Recorder();
  const options = { clock, random: () => 0.5, telemetry: recorder.telemetry };
  return { clock, recorder, options };
}
const IT = { about: "it", source: "p/l" };
const never = new AbortController().signal;

Deno.test("persist() tries until it works, longer apart each time, and tells of each failure", async () => {
  const { clock, recorder, options } = setUp();
  const triedAtMs: number[] = [];
  const result = persist(options, { about: "p/l shard 3: find it", source: "p/l" }, never, () => {
    triedAtMs.push(clock.monotonicMs());
    if (triedAtMs.length < 4) {
      return Promise.reject(new OperatorError("Cannot find it", "Look again"));
    }
    return Promise.resolve("found");
  });
  await clock.advance(10_000);
  assert.equal(await result, "found");
  assert.deepEqual(triedAtMs, [0, 250, 750, 1750]);
  assert.deepEqual(recorder.of("trouble")[2], {
    type: "trouble",
    about: "p/l shard 3: find it",
    message: "Cannot find it",
    hint: "Look again",
    retryInMs: 1000,
    source: "p/l",
  });
  assert.deepEqual(recorder.of("recovered"), [{
    type: "recovered",
    about: "p/l shard 3: find it",
  }]);
});

Deno.test("persist() says nothing when the first try works", async () => {
  const { recorder, options } = setUp();
  assert.equal(await persist(options, IT, never, () => Promise.resolve(1)), 1);
  assert.deepEqual(recorder.events, []);
});

Deno.test("persist() ends with the signal's reason, in a try as in a pause", async () => {
  const { clock, recorder, options } = setUp();
  const reason = new Error("stop");
  const inTry = new AbortController();
  await assert.rejects(
    persist(options, IT, inTry.signal, () => {
      inTry.abort(reason);
      return Promise.reject(new Error("connection closed"));
    }),
    reason,
  );
  assert.deepEqual(recorder.events, []);
  const inPause = new AbortController();
  const pausing = persist(
    options,
    IT,
    inPause.signal,
    () => Promise.reject(new Error("refused")),
  );
  const check = assert.rejects(pausing, reason);
  await clock.advance(100);
  inPause.abort(reason);
  await check;
  assert.equal(clock.sleeping, 0);
});
