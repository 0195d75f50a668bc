import assert from "node:assert/strict";
import { Condition } from "../../src/base/condition.ts";
import { settleInside } from "../support/fake_clock.ts";

const reason = new Error("stop");

Deno.test("Condition.notify() ends the wait of all callers", async () => {
  const changed = new Condition();
  let ended = 0;
  const waiting = [1, 2, 3].map(() => changed.wait().then(() => ended++));
  await settleInside();
  assert.equal(ended, 0);
  changed.notify();
  await Promise.all(waiting);
  assert.equal(ended, 3);
});

Deno.test("Condition.wait() waits for the next notify(), not for one before", async () => {
  const changed = new Condition();
  changed.notify();
  let ended = false;
  const waiting = changed.wait().then(() => ended = true);
  await settleInside();
  assert.equal(ended, false);
  changed.notify();
  await waiting;
});

Deno.test("Condition.wait() throws the reason of its signal; others wait on", async () => {
  const changed = new Condition();
  const stop = new AbortController();
  const aborted = changed.wait(stop.signal);
  const other = changed.wait();
  stop.abort(reason);
  await assert.rejects(aborted, reason);
  await assert.rejects(changed.wait(stop.signal), reason);
  changed.notify();
  await other;
});

Deno.test("Condition.wait() throws when its signal aborts right after notify()", async () => {
  const changed = new Condition();
  const stop = new AbortController();
  const waiting = changed.wait(stop.signal);
  changed.notify();
  stop.abort(reason);
  await assert.rejects(waiting, reason);
});
