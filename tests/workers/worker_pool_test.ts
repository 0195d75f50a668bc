import assert from "node:assert/strict";
import type { PostedValue } from "../../src/workers/remote_value.ts";
import { deserialize } from "../../src/workers/serialize.ts";
import { Secret } from "../../src/base/secret.ts";
import type { Credentials } from "../../src/sls/credentials.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { reportOf } from "../consumer/recorder.ts";
import { PoolAmongFakes } from "../pipeline/fake_workers.ts";

const letter = {
  source: "p/l",
  shard: 1,
  cursor: "c",
  indexInPage: 0,
  reason: "refused" as const,
  status: 400,
  code: 6,
  text: "Invalid data format",
  envelope: new Uint8Array([123, 125]),
};

Deno.test("WorkerPool spreads shards over workers, and starts one only when there is a shard for it", async () => {
  await using test = new PoolAmongFakes(3);
  assert.equal(test.workers.length, 0);
  for (let shard = 0; shard < 2; shard++) test.run(shard);
  assert.equal(test.workers.length, 2);
  for (let shard = 2; shard < 6; shard++) test.run(shard);
  const shards = test.workers.map((worker) => worker.of("start").map(({ shard }) => shard));
  assert.deepEqual(shards, [[0, 3], [1, 4], [2, 5]]);
  const [setup] = test.workers[1]!.heard;
  assert.equal(setup?.type, "setup", "the first message");
  const { index, secret } = deserialize(setup.setup) as { index: number; secret: Secret };
  assert.equal(index, 1);
  assert.equal(secret.reveal(), "s");
});

Deno.test("WorkerPool gives the next shard to the worker with the least in hand", async () => {
  await using test = new PoolAmongFakes(2);
  for (let shard = 0; shard < 4; shard++) test.run(shard);
  for (const { run } of test.workers[1]!.of("start")) {
    test.workers[1]!.say({ type: "ended", run, end: { kind: "drained" } });
  }
  test.run(4);
  assert.deepEqual(test.workers[1]!.of("start").map(({ shard }) => shard), [1, 3, 4]);
});

Deno.test("RemoteDataPlane passes on what a worker tells of its shard, and how the shard ended", async () => {
  await using test = new PoolAmongFakes(1);
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
  assert.deepEqual(run.told, ["pulled 0 n0", "done 0 1", "rewound 1", "caught up"]);
});

Deno.test("RemoteDataPlane ends a lost shard at once and hears no more of it", async () => {
  await using test = new PoolAmongFakes(1);
  const run = test.run(0);
  const [worker] = test.workers;
  const [start] = worker!.of("start");
  worker!.say({ type: "pulled", run: start!.run, seq: 0, nextCursor: "n" });
  run.lost.abort(new Error("lost"));
  worker!.say({ type: "done", run: start!.run, seq: 0, report: reportOf(1) });
  await test.clock.advance(0);
  assert.deepEqual(run.end, { kind: "lost" });
  assert.deepEqual(worker!.of("lose").length, 1);
  assert.deepEqual(run.told, ["pulled 0 n"]);
});

Deno.test("RemoteDataPlane fails a shard by what failed inside the worker, or in its listener", async () => {
  await using test = new PoolAmongFakes(1);
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

Deno.test("WorkerPool replaces a worker that is silent, interrupts its shards, and hears it no more", async () => {
  await using test = new PoolAmongFakes(2);
  const [first, second] = [test.run(0), test.run(1)];
  const [silent, other] = test.workers;
  await test.clock.advance(5000);
  silent!.answers = false;
  await test.clock.advance(14_000);
  assert.equal(first.how, undefined);
  await test.clock.advance(3000);
  assert.equal(first.how, "interrupted");
  assert.ok(silent!.terminated);
  silent!.deliver(silent!.of("start")[0]!.run, 0, "late");
  assert.deepEqual(first.told, [], "no page of a dead worker is settled");
  assert.equal(second.end, undefined);
  assert.ok(!other!.terminated);
  const [trouble] = test.recorder.of("trouble");
  assert.equal(trouble?.about, "data-plane worker 1");
  assert.match(trouble.message, /it has not answered for 15 s/);
  test.run(0);
  assert.equal(test.workers.length, 3, "the first death is no reason to wait");
  assert.deepEqual(test.workers[2]!.of("start").map(({ shard }) => shard), [0]);
});

Deno.test("WorkerPool lets a worker start for longer than it may be silent later", async () => {
  await using test = new PoolAmongFakes(1);
  test.answers = false;
  const run = test.run(0);
  await test.clock.advance(50_000);
  assert.equal(run.how, undefined);
  await test.clock.advance(15_000);
  assert.equal(run.how, "interrupted");
});

Deno.test("WorkerPool waits longer and longer when workers die as soon as they start", async () => {
  await using test = new PoolAmongFakes(1);
  const startedMs: number[] = [];
  for (let n = 0; n < 5; n++) {
    const run = test.run(0);
    while (test.workers.length === n) await test.clock.advance(100);
    startedMs.push(test.clock.monotonicMs());
    test.workers[n]!.say({ type: "crashed", message: "at once" });
    await test.clock.advance(0);
    assert.equal(run.end?.kind, "interrupted");
  }
  const waits = startedMs.slice(1).map((ms, i) => ms - startedMs[i]!);
  assert.equal(waits[0], 0);
  for (let i = 2; i < waits.length; i++) assert.ok(waits[i]! > waits[i - 1]!, `${waits}`);
});

Deno.test("RemoteDataPlane gives up waiting for a worker when the shard is revoked or lost", async () => {
  await using test = new PoolAmongFakes(1);
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

Deno.test("WorkerPool answers that a letter is parked only when it is written", async () => {
  await using test = new PoolAmongFakes(1);
  test.run(0);
  const [worker] = test.workers;
  worker!.say({ type: "call", call: 5, request: { kind: "park", letter } });
  await test.clock.advance(0);
  assert.deepEqual(worker!.of("answer"), []);
  test.letters[0]!.written();
  await test.clock.advance(0);
  assert.deepEqual(worker!.of("answer"), [
    { type: "answer", call: 5, answer: { ok: true, value: undefined } },
  ]);
});

Deno.test("WorkerPool stops parking for a worker that has cancelled, or died", async () => {
  await using test = new PoolAmongFakes(1);
  test.run(0);
  const [worker] = test.workers;
  for (const call of [1, 2]) worker!.say({ type: "call", call, request: { kind: "park", letter } });
  await test.clock.advance(0);
  worker!.say({ type: "cancel", call: 1 });
  assert.deepEqual(test.letters.map(({ signal }) => signal.aborted), [true, false]);
  worker!.say({ type: "crashed", message: "dead" });
  assert.deepEqual(test.letters.map(({ signal }) => signal.aborted), [true, true]);
});

Deno.test("WorkerPool hands out credentials, and newer ones for those that were refused", async () => {
  const old: Credentials = { accessKeyId: "old", accessKeySecret: new Secret("1") };
  const young: Credentials = { accessKeyId: "young", accessKeySecret: new Secret("2") };
  const refused: Credentials[] = [];
  const failures: Error[] = [];
  await using test = new PoolAmongFakes(1, {
    credentials: {
      current: () => failures[0] ? Promise.reject(failures[0]) : Promise.resolve(old),
      renew: (credentials) => {
        refused.push(credentials);
        return Promise.resolve(credentials === old ? young : undefined);
      },
    },
  });
  test.run(0);
  const [worker] = test.workers;
  const ask = async (call: number, known: number | undefined) => {
    const refused = known !== undefined;
    worker!.say({
      type: "call",
      call,
      request: { kind: "value", name: "credentials", known, refused },
    });
    await test.clock.advance(0);
    return worker!.of("answer").at(-1)!.answer;
  };
  const first = await ask(0, undefined);
  assert.ok(first.ok);
  const { id, value } = first.value as PostedValue;
  assert.equal((deserialize(value) as Credentials).accessKeySecret.reveal(), "1");
  assert.deepEqual(await ask(1, undefined), first, "the same number for the same credentials");
  const second = await ask(2, id);
  assert.ok(second.ok);
  assert.equal(refused[0], old, "the very object that the provider gave");
  const { id: newId } = second.value as PostedValue;
  assert.deepEqual(await ask(3, newId), { ok: true, value: { id: newId } }, "there are no newer");
  failures.push(new SlsError("credentials", "none", { hint: "do this" }));
  assert.deepEqual(await ask(4, undefined), {
    ok: false,
    kind: "credentials",
    message: "none",
    hint: "do this",
  });
});

Deno.test("WorkerPool lets all workers hold a source that one holds, until it lets go or dies", async () => {
  await using test = new PoolAmongFakes(3);
  for (let shard = 0; shard < 2; shard++) test.run(shard);
  const [first, second] = test.workers;
  const holds = (worker = second!) => worker.of("hold").map(({ held }) => held);
  first!.say({ type: "hold", source: "p/l", held: true });
  assert.deepEqual(holds(), [true]);
  test.run(2);
  assert.deepEqual(holds(test.workers[2]), [true], "one that starts later too");
  first!.say({ type: "hold", source: "p/l", held: false });
  assert.deepEqual(holds(), [true, false]);
  first!.say({ type: "hold", source: "p/l", held: true });
  first!.say({ type: "crashed", message: "dead" });
  assert.deepEqual(holds(), [true, false, true, false]);
  assert.deepEqual(holds(first), [], "it knows");
});

Deno.test("RemoteDataPlane.notify() delivers a report, and fails when the worker dies or it is dropped", async () => {
  await using test = new PoolAmongFakes(1);
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

Deno.test("WorkerPool says nothing to a worker before that listens, and then all of it, in order", async () => {
  await using test = new PoolAmongFakes(1);
  test.listens = false;
  test.run(0);
  const [worker] = test.workers;
  assert.equal(worker!.heard.length, 0);
  worker!.say({ type: "listening" });
  assert.deepEqual(worker!.heard.map(({ type }) => type), ["setup", "ping", "start"]);
});
