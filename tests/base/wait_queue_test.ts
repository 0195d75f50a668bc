import assert from "node:assert/strict";
import { WaitQueue } from "../../src/base/wait_queue.ts";

const reason = new Error("stop");

Deno.test("WaitQueue serves callers in the order that its owner chooses", async () => {
  const queue = new WaitQueue<string, number>();
  const [first, second] = [queue.wait("a"), queue.wait("b")];
  assert.deepEqual([queue.length, queue.at(0), queue.at(1), queue.at(2)], [2, "a", "b", undefined]);
  queue.grant(1, 20);
  assert.deepEqual([queue.length, queue.at(0), [...queue]], [1, "a", ["a"]]);
  queue.grant(0, 10);
  assert.deepEqual([await first, await second], [10, 20]);
});

Deno.test("WaitQueue.wait() can put a caller ahead of all others", async () => {
  const queue = new WaitQueue<string>();
  const waits = [queue.wait("a"), queue.wait("b", undefined, true)];
  assert.deepEqual([queue.at(0), queue.at(1)], ["b", "a"]);
  queue.grant(0, undefined);
  queue.grant(0, undefined);
  await Promise.all(waits);
});

Deno.test("WaitQueue removes a caller whose signal aborts, then notifies its owner", async () => {
  const lengths: number[] = [];
  const queue = new WaitQueue<string>(() => lengths.push(queue.length));
  const stop = new AbortController();
  const [first, second] = [queue.wait("a", stop.signal), queue.wait("b")];
  stop.abort(reason);
  await assert.rejects(first, reason);
  assert.deepEqual([lengths, queue.at(0)], [[1], "b"]);
  queue.grant(0);
  await second;
});

Deno.test("WaitQueue.wait() refuses a signal that has aborted", async () => {
  const queue = new WaitQueue<string>(() => assert.fail("it was never in the queue"));
  await assert.rejects(queue.wait("a", AbortSignal.abort(reason)), reason);
  assert.equal(queue.length, 0);
});

Deno.test("WaitQueue keeps what it granted to a caller whose signal aborts right after", async () => {
  const queue = new WaitQueue<string, number>(() => assert.fail("it has left the queue before"));
  const stop = new AbortController();
  const waiting = queue.wait("a", stop.signal);
  queue.grant(0, 7);
  stop.abort(reason);
  assert.equal(await waiting, 7);
});

Deno.test("WaitQueue.grant() throws where no caller waits", () => {
  assert.throws(() => new WaitQueue<string>().grant(0, undefined), RangeError);
});
