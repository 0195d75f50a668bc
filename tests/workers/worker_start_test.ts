import assert from "node:assert/strict";
import { PoolHarness } from "./pool_harness.ts";

Deno.test("WorkerPool knows that workers can be started when the first has answered", async () => {
  await using test = new PoolHarness(2);
  test.answers = false;
  const proof = settled(test.pool.proveStart(new AbortController().signal));
  await test.clock.advance(0);
  assert.equal(test.workers.length, 1);
  assert.equal(proof.end, undefined);
  test.workers[0]!.say({ type: "pong" });
  await test.clock.advance(0);
  assert.equal(proof.end, "resolved");
  test.run(0);
  assert.equal(test.workers.length, 1, "it is the first to get a shard");
  test.workers[0]!.say({ type: "crashed", message: "later" });
  await test.clock.advance(0);
  assert.match(test.recorder.of("trouble")[0]!.message, /has died: later/);
});

Deno.test("WorkerPool says at once that a worker cannot be started, or that it died before it answered", async () => {
  const ways: [way: string, start: (test: PoolHarness) => void][] = [
    ["not permitted", (test) => test.startFailure = new Error("not permitted")],
    [
      "module is broken",
      (test) =>
        void test.clock.sleep(1).then(() =>
          test.workers[0]!.say({ type: "crashed", message: "module is broken" })
        ),
    ],
    ["it has not answered for 60 s", () => {}],
  ];
  for (const [way, start] of ways) {
    await using test = new PoolHarness(2);
    test.answers = false;
    start(test);
    const proof = settled(test.pool.proveStart(new AbortController().signal));
    await test.clock.advance(way.includes("60 s") ? 60_000 : 1);
    assert.equal(proof.end, `Cannot start a data-plane worker: ${way}`);
    assert.deepEqual(test.recorder.of("trouble"), [], "it is not said twice");
  }
});

Deno.test("WorkerPool waits for the first worker no longer than the program runs", async () => {
  await using test = new PoolHarness(1);
  test.answers = false;
  const stop = new AbortController();
  const proof = settled(test.pool.proveStart(stop.signal));
  await test.clock.advance(1000);
  stop.abort(new Error("SIGTERM"));
  await test.clock.advance(0);
  assert.equal(proof.end, "resolved");
});

/** How a promise ended, as soon as it has. */
function settled(promise: Promise<void>): { end?: string } {
  const proof: { end?: string } = {};
  promise.then(() => proof.end = "resolved", (error) => proof.end = error.message);
  return proof;
}
