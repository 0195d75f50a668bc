import assert from "node:assert/strict";
import { ReadOnlyWatch } from "../../src/consumer/read_only_watch.ts";
import { FakeClock } from "../support/fake_clock.ts";

function setUp() {
  const clock = FakeClock.inside();
  const watch = new ReadOnlyWatch(clock);
  const state = { pending: false, readOnly: true, asked: 0, ended: false };
  const stop = new AbortController();
  const isReadOnly = () => {
    state.asked++;
    return Promise.resolve(state.readOnly);
  };
  const running = watch.run(() => state.pending, isReadOnly, stop.signal)
    .then(() => state.ended = true, (error) => assert.equal(error, stop.signal.reason));
  const end = async () => {
    stop.abort(new Error("stop"));
    await running;
  };
  return { clock, watch, state, end };
}

Deno.test("ReadOnlyWatch ends when a pull found nothing after the shard was seen read-only", async () => {
  const { clock, watch, state, end } = setUp();
  watch.caughtUp();
  await clock.advance(30_000);
  assert.equal(state.asked, 1);
  await clock.advance(120_000); // no pull since: nobody knows
  assert.equal(state.ended, false);
  watch.caughtUp();
  await clock.advance(30_000);
  assert.equal(state.ended, true);
  assert.equal(state.asked, 1);
  await end();
});

Deno.test("ReadOnlyWatch takes what was written just before the split for data", async () => {
  const { clock, watch, state, end } = setUp();
  watch.caughtUp();
  await clock.advance(30_000); // seen read-only
  watch.pulled();
  await clock.advance(60_000);
  assert.equal(state.ended, false);
  watch.caughtUp();
  await clock.advance(30_000);
  assert.equal(state.ended, true);
  await end();
});

Deno.test("ReadOnlyWatch asks nothing while data comes or something is pending", async () => {
  const { clock, watch, state, end } = setUp();
  await clock.advance(60_000);
  watch.caughtUp();
  await clock.advance(29_000);
  watch.pulled();
  watch.caughtUp();
  await clock.advance(29_000);
  assert.equal(state.asked, 0);
  state.pending = true;
  await clock.advance(120_000);
  assert.equal(state.asked, 0);
  state.pending = false;
  await clock.advance(30_000);
  assert.equal(state.asked, 1);
  await end();
});

Deno.test("ReadOnlyWatch goes on asking while the shard takes writes", async () => {
  const { clock, watch, state, end } = setUp();
  state.readOnly = false;
  watch.caughtUp();
  await clock.advance(90_000);
  assert.equal(state.asked, 3);
  assert.equal(state.ended, false);
  await end();
});
