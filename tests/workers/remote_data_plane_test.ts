import assert from "node:assert/strict";
import { reportOf } from "../consumer/recorder.ts";
import { PoolHarness } from "./pool_harness.ts";

Deno.test("RemoteDataPlane passes on what a worker reports of its shard, and how the shard ended", async () => {
  await using test = new PoolHarness(1);
  const run = test.run(7);
  const [worker] = test.workers;
  const [start] = worker!.of("start");
  assert.deepEqual([start?.source, start?.shard, start?.cursor], ["p/l", 7, "c7"]);
  worker!.deliver(start!.run, 0, "n0");
  worker!.say({ type: "rewound", run: start!.run, seq: 1 });
  worker!.say({ type: "caught_up", run: start!.run });
  run.revoked.abort(new Error("revoked"));
  assert.deepEqual(worker!.of("revoke"), [{ type: "revoke", run: start!.run }]);
  worker!.say({ type: "ended", run: start!.run, end: { kind: "drained" } });
  await test.clock.advance(0);
  assert.deepEqual(run.end, { kind: "drained" });
  assert.deepEqual(run.reported, ["pulled 0 n0", "done 0 1", "rewound 1", "caught up"]);
});

Deno.test("RemoteDataPlane ends a lost shard at once and ignores what it still reports", async () => {
  await using test = new PoolHarness(1);
  const run = test.run(0);
  const [worker] = test.workers;
  const [start] = worker!.of("start");
  worker!.say({ type: "pulled", run: start!.run, seq: 0, nextCursor: "n" });
  run.lost.abort(new Error("lost"));
  worker!.say({ type: "done", run: start!.run, seq: 0, report: reportOf(1) });
  await test.clock.advance(0);
  assert.deepEqual(run.end, { kind: "lost" });
  assert.deepEqual(worker!.of("lose").length, 1);
  assert.deepEqual(run.reported, ["pulled 0 n"]);
});

Deno.test("RemoteDataPlane fails a shard by what failed inside the worker, or in its listener", async () => {
  await using test = new PoolHarness(1);
  const inside = test.run(0);
  const outside = test.run(1, new RangeError("a hole"));
  const [worker] = test.workers;
  const [first, second] = worker!.of("start");
  worker!.say({ type: "failed", run: first!.run, message: "a fault" });
  worker!.say({ type: "pulled", run: second!.run, seq: 5, nextCursor: "n" });
  await test.clock.advance(0);
  assert.match(String(inside.error), /a fault/);
  assert.match(String(outside.error), /a hole/);
  assert.deepEqual(worker!.of("lose").map(({ run }) => run), [second!.run]);
});

Deno.test("RemoteDataPlane gives up waiting for a worker when the shard is revoked or lost", async () => {
  await using test = new PoolHarness(1);
  test.startFailure = new Error("not permitted");
  for (let n = 0; n < 3; n++) { // more than once: then there is a pause
    test.run(0).revoked.abort(new Error("revoked"));
    await test.clock.advance(0);
  }
  const [drained, lost] = [test.run(1), test.run(2)];
  drained.revoked.abort(new Error("revoked"));
  lost.lost.abort(new Error("lost"));
  await test.clock.advance(0);
  assert.deepEqual(drained.end, { kind: "drained" });
  assert.deepEqual(lost.end, { kind: "lost" });
  assert.match(test.recorder.of("trouble")[0]?.message ?? "", /not permitted/);
});

Deno.test("RemoteDataPlane.notify() delivers a report, and fails when the worker dies or it is dropped", async () => {
  await using test = new PoolHarness(1);
  const never = new AbortController().signal;
  const delivered = test.plane.notify({ sls2hec: "gap" }, never);
  const worker = test.workers[0]!;
  const [message] = worker.of("notify");
  assert.deepEqual(message?.event, { sls2hec: "gap" });
  worker.say({ type: "notified", run: message.run });
  await delivered;
  const dropping = new AbortController();
  const dropped = test.plane.notify({ sls2hec: "gap" }, dropping.signal);
  const reason = new Error("lost");
  dropping.abort(reason);
  await assert.rejects(dropped, reason);
  const failed = test.plane.notify({ sls2hec: "gap" }, never);
  worker.say({ type: "crashed", message: "dead" });
  await assert.rejects(failed, /worker that had it has died/);
});
