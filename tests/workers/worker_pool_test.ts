import assert from "node:assert/strict";
import type { PostedValue } from "../../src/workers/remote_value.ts";
import { deserialize } from "../../src/workers/serialize.ts";
import { Secret } from "../../src/base/secret.ts";
import {
  type Credentials,
  type CredentialsProvider,
  fixedCredentials,
} from "../../src/sls/credentials.ts";
import { noTlsFiles } from "../../src/base/tls_files.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { PoolHarness } from "./pool_harness.ts";

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
  await using test = new PoolHarness(3);
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

Deno.test("WorkerPool gives the next shard to the worker with the least to do", async () => {
  await using test = new PoolHarness(2);
  for (let shard = 0; shard < 4; shard++) test.run(shard);
  for (const { run } of test.workers[1]!.of("start")) {
    test.workers[1]!.say({ type: "ended", run, end: { kind: "drained" } });
  }
  test.run(4);
  assert.deepEqual(test.workers[1]!.of("start").map(({ shard }) => shard), [1, 3, 4]);
});

Deno.test("WorkerPool replaces a worker that is silent, interrupts its shards, and ignores it from then on", async () => {
  await using test = new PoolHarness(2);
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
  assert.deepEqual(first.reported, [], "no page of a dead worker is settled");
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
  await using test = new PoolHarness(1);
  test.answers = false;
  const run = test.run(0);
  await test.clock.advance(50_000);
  assert.equal(run.how, undefined);
  await test.clock.advance(15_000);
  assert.equal(run.how, "interrupted");
});

Deno.test("WorkerPool waits longer and longer when workers die as soon as they start", async () => {
  await using test = new PoolHarness(1);
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

Deno.test("WorkerPool answers that a letter is parked only when it is written", async () => {
  await using test = new PoolHarness(1);
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
  await using test = new PoolHarness(1);
  test.run(0);
  const [worker] = test.workers;
  for (const call of [1, 2]) worker!.say({ type: "call", call, request: { kind: "park", letter } });
  await test.clock.advance(0);
  worker!.say({ type: "cancel", call: 1 });
  assert.deepEqual(test.letters.map(({ signal }) => signal.aborted), [true, false]);
  worker!.say({ type: "crashed", message: "dead" });
  assert.deepEqual(test.letters.map(({ signal }) => signal.aborted), [true, true]);
});

Deno.test("WorkerPool gives workers the credentials of each sls, and newer ones for those that were refused", async () => {
  const old: Credentials = { accessKeyId: "old", accessKeySecret: new Secret("1") };
  const young: Credentials = { accessKeyId: "young", accessKeySecret: new Secret("2") };
  const refused: Credentials[] = [];
  const failures: Error[] = [];
  const credentials: CredentialsProvider = {
    current: () => failures[0] ? Promise.reject(failures[0]) : Promise.resolve(old),
    renew: (credentials) => {
      refused.push(credentials);
      return Promise.resolve(credentials === old ? young : undefined);
    },
  };
  const others = fixedCredentials({ accessKeyId: "other", accessKeySecret: new Secret("3") });
  await using test = new PoolHarness(1, {
    sls: (id) => ({ credentials: id === "7" ? credentials : others, tls: noTlsFiles }),
  });
  test.run(0);
  const [worker] = test.workers;
  const ask = async (call: number, known: number | undefined, id = "7") => {
    const refused = known !== undefined;
    worker!.say({
      type: "call",
      call,
      request: { kind: "value", name: { kind: "credentials", id }, known, refused },
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
  const ofOthers = await ask(5, undefined, "8");
  assert.ok(ofOthers.ok);
  const { value: other } = ofOthers.value as PostedValue;
  assert.equal((deserialize(other) as Credentials).accessKeyId, "other");
  failures.push(new SlsError("credentials", "none", { hint: "do this" }));
  assert.deepEqual(await ask(4, undefined), {
    ok: false,
    kind: "credentials",
    message: "none",
    hint: "do this",
  });
});

Deno.test("WorkerPool lets all workers hold a source that one holds, until it lets go or dies", async () => {
  await using test = new PoolHarness(3);
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

Deno.test("WorkerPool says nothing to a worker before that listens, and then all of it, in order", async () => {
  await using test = new PoolHarness(1);
  test.listens = false;
  test.run(0);
  const [worker] = test.workers;
  assert.equal(worker!.heard.length, 0);
  worker!.say({ type: "listening" });
  assert.deepEqual(worker!.heard.map(({ type }) => type), ["setup", "ping", "start"]);
});

Deno.test("WorkerPool makes sources known to running workers and to later ones, and forgets those that leave", async () => {
  await using test = new PoolHarness(2);
  test.run(0);
  const [first] = test.workers;
  const setup = { project: "p", token: new Secret("of the source") };
  test.pool.addSource("p/added", setup);
  const [added] = first!.of("add_source");
  assert.equal(added?.source, "p/added");
  assert.equal((deserialize(added.setup) as typeof setup).token.reveal(), "of the source");
  first!.say({ type: "hold", source: "p/added", held: true });

  test.run(1);
  const second = test.workers[1]!;
  assert.deepEqual(second.heard.map(({ type }) => type), [
    "setup",
    "add_source",
    "hold",
    "ping",
    "start",
  ]);
  assert.throws(() => test.pool.addSource("p/added", {}), /p\/added already/);

  test.pool.removeSource("p/added");
  for (const worker of [first!, second]) {
    assert.deepEqual(worker.of("remove_source"), [{ type: "remove_source", source: "p/added" }]);
  }
  first!.say({ type: "crashed", message: "dead" });
  test.run(0);
  assert.deepEqual(test.workers[2]!.of("add_source"), [], "a later worker never gets it");
  assert.deepEqual(second.of("hold").length, 1, "no worker lets go of what is gone");
  test.pool.addSource("p/added", setup);
  assert.equal(test.workers[2]!.of("add_source").length, 1, "it may come back");
});
