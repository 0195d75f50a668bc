import assert from "node:assert/strict";
import { onAbort, untilAborted } from "../../src/base/on_abort.ts";

const reason = new Error("stop");

Deno.test("onAbort() runs once when the signal aborts, with its reason", () => {
  const stop = new AbortController();
  const reasons: unknown[] = [];
  onAbort(stop.signal, (reason) => reasons.push(reason));
  assert.deepEqual(reasons, []);
  stop.abort(reason);
  stop.abort(new Error("again"));
  assert.deepEqual(reasons, [reason]);
});

Deno.test("onAbort() runs at once for a signal that has aborted", () => {
  const reasons: unknown[] = [];
  using _ = onAbort(AbortSignal.abort(reason), (reason) => reasons.push(reason));
  assert.deepEqual(reasons, [reason]);
});

Deno.test("onAbort() runs no more after the block that used it", () => {
  const stop = new AbortController();
  let runs = 0;
  {
    using _ = onAbort(stop.signal, () => runs++);
  }
  stop.abort(reason);
  assert.equal(runs, 0);
});

Deno.test("onAbort() takes off its own listener, not another one with the same function", () => {
  const stop = new AbortController();
  let runs = 0;
  const run = () => void runs++;
  onAbort(stop.signal, run);
  onAbort(stop.signal, run)[Symbol.dispose]();
  stop.abort(reason);
  assert.equal(runs, 1);
});

Deno.test("onAbort() accepts that there is no signal", () => {
  using _ = onAbort(undefined, () => assert.fail("never aborts"));
});

Deno.test("untilAborted() resolves when the signal aborts", async () => {
  const stop = new AbortController();
  let ended = false;
  const waiting = untilAborted(stop.signal).then(() => ended = true);
  await Promise.resolve();
  assert.equal(ended, false);
  stop.abort(reason);
  await waiting;
  await untilAborted(stop.signal);
});
