import assert from "node:assert/strict";
import type { ShardListener } from "../../src/consumer/ports.ts";
import { PAUSE_AFTER_END_MS, ShardAssignment } from "../../src/consumer/shard_assignment.ts";
import type { ShardLease } from "../../src/consumer/shard_lease.ts";
import type { TaskEnd } from "../../src/consumer/shard_task.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { SourceHarness } from "./source_harness.ts";

Deno.test("SourceConsumer reads the shards that the answer grants, and reports them from then on", async () => {
  const source = new SourceHarness();
  source.group.granted = [2, 0];
  await source.start();
  assert.deepEqual(source.dataPlane.running, [0, 2]);
  source.group.granted = [0, 2, 3];
  await source.clock.advance(20_000);
  assert.deepEqual(source.dataPlane.running, [0, 2, 3]);
  await source.clock.advance(20_000);
  assert.deepEqual(source.group.reports, [[], [0, 2], [0, 2, 3]]);
  assert.equal(source.dataPlane.runs.length, 3);
  await source.stopped();
});

Deno.test("SourceConsumer keeps a revoked shard in its report until the shard's task has ended", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  const page = source.dataPlane.of(1).pull("c1");
  source.group.granted = [0];
  await source.clock.advance(20_000); // the answer takes shard 1 away
  assert.equal(source.dataPlane.of(1).job.revoked.aborted, true);
  await source.clock.advance(25_000);
  assert.deepEqual(source.group.reports, [[], [0, 1], [0, 1]]);
  source.dataPlane.of(1).done(page);
  await source.clock.advance(0);
  assert.deepEqual(source.group.reports.at(-1), [0]); // at once: another consumer waits for it
  assert.deepEqual(source.group.written(1), ["begin-cursor", "c1"]);
  assert.deepEqual(source.recorder.of("shard_ended"), [
    { type: "shard_ended", source: "p/l", shard: 1, how: "released" },
  ]);
  await source.stopped();
});

Deno.test("SourceConsumer gives up a revoked shard that does not finish, and does not count it at the stop", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.dataPlane.of(0).pull("c1");
  source.group.granted = [];
  await source.clock.advance(20_000);
  await source.clock.advance(59_999);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.clock.advance(1);
  assert.deepEqual(source.recorder.of("shard_ended").map(({ how }) => how), ["abandoned"]);
  await source.stopped();
  assert.equal(source.abandoned, 0);
});

Deno.test("SourceConsumer begins a shard again at its checkpoint when it comes back", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  source.group.granted = [];
  await source.clock.advance(20_000);
  source.group.granted = [0];
  await source.clock.advance(20_000);
  assert.equal(source.dataPlane.runs.length, 2);
  assert.equal(source.dataPlane.of(0).job.cursor, "c1");
  await source.stopped();
});

Deno.test("SourceConsumer that gets a shard back while it drains it lets it end first", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  const page = source.dataPlane.of(0).pull("c1");
  source.group.granted = [];
  await source.clock.advance(20_000);
  source.group.granted = [0];
  await source.clock.advance(20_000);
  assert.equal(source.dataPlane.runs.length, 1);
  source.dataPlane.of(0).done(page);
  await source.clock.advance(1000);
  assert.equal(source.dataPlane.runs.length, 2);
  assert.equal(source.dataPlane.of(0).job.cursor, "c1");
  await source.stopped();
});

Deno.test("SourceConsumer follows two rebalances, each with the drain that it needs", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1, 2, 3];
  await source.start();
  const pages = [0, 1, 2, 3].map((shard) => source.dataPlane.of(shard).pull(`${shard}-c1`));
  source.group.granted = [0, 1];
  await source.clock.advance(20_000);
  source.dataPlane.of(2).done(pages[2]!);
  await source.clock.advance(1000);
  assert.deepEqual(source.group.reports.at(-1), [0, 1, 3]);
  source.group.granted = [1, 2];
  await source.clock.advance(20_000);
  assert.deepEqual(source.dataPlane.running, [0, 1, 2, 3]); // 0 and 3 drain, 2 is back
  for (const shard of [0, 3]) source.dataPlane.of(shard).done(pages[shard]!);
  await source.clock.advance(1000);
  assert.deepEqual(source.dataPlane.running, [1, 2]);
  assert.deepEqual(source.group.reports.at(-1), [1, 2]);
  assert.equal(source.dataPlane.runs.length, 5);
  source.dataPlane.of(1).done(pages[1]!);
  await source.stopped();
  for (const shard of [0, 1, 2, 3]) {
    assert.equal(source.group.checkpoints.get(shard), `${shard}-c1`);
  }
});

Deno.test("SourceConsumer takes a heartbeat's failure as no answer at all", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.granted = [];
  const faults = [new Error("502"), "hang" as const];
  source.group.fault = (call) => call === "heartbeat" ? faults.shift() : undefined;
  await source.clock.advance(30_000);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.stopped();
});

for (const kind of ["gone", "refused"] as const) {
  Deno.test(`SourceConsumer leaves a shard that is ${kind} alone for a moment, though the server grants it`, async () => {
    const source = new SourceHarness();
    source.group.granted = [0, 1];
    await source.start();
    if (kind === "gone") source.dataPlane.of(0).end({ kind: "gone", message: "ShardNotExist" });
    else {
      source.group.refusal = () => "ConsumerNotMatch";
      source.dataPlane.of(0).deliver("c1");
      await source.clock.advance(5000);
      source.group.refusal = () => undefined;
    }
    await source.clock.advance(300);
    const endedAtMs = source.clock.monotonicMs();
    assert.deepEqual(source.group.reports.at(-1), [1]);
    assert.deepEqual(source.dataPlane.running, [1]);
    assert.deepEqual(source.recorder.of("shard_ended").map(({ how }) => how), [
      kind === "gone" ? "gone" : "lost",
    ]);
    await source.clock.advance(4600);
    assert.deepEqual(source.dataPlane.running, [1]);
    await source.clock.advance(1000);
    assert.deepEqual(source.dataPlane.running, [0, 1], `${source.clock.monotonicMs() - endedAtMs}`);
    await source.stopped();
  });
}

Deno.test("SourceConsumer reports an unexpected error of a shard, and starts the shard again", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  await source.clock.advance(5000);
  source.dataPlane.of(0).fail(new TypeError("undefined is not a function"));
  await source.clock.advance(0);
  const [trouble, ...more] = source.recorder.of("trouble");
  const { about, source: name, shard, retryInMs } = trouble!;
  assert.deepEqual({ about, name, shard, retryInMs, more }, {
    about: "p/l shard 0: read and deliver",
    name: "p/l",
    shard: 0,
    retryInMs: 5000,
    more: [],
  });
  assert.match(trouble!.message, /undefined is not a function/);
  assert.deepEqual(source.dataPlane.running, [1]);
  await source.clock.advance(6000);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  assert.equal(source.dataPlane.of(0).job.cursor, "c1");
  await source.stopped();
  assert.equal(source.abandoned, 0);
});

Deno.test("SourceConsumer reports an unexpected error of the listener, and starts the shard again", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  const run = source.dataPlane.run.bind(source.dataPlane);
  // A data plane that leaves a hole in its numbers.
  source.dataPlane.run = (job, listener: ShardListener) => {
    listener.pulled({ seq: 7, nextCursor: "c7" });
    return run(job, listener);
  };
  source.dataPlane.of(0).end({ kind: "gone", message: "ShardNotExist" });
  await source.clock.advance(6000);
  assert.match(
    source.recorder.of("trouble")[0]?.message ?? "",
    /Cannot track page 7: expected page 0/,
  );
  await source.stopped();
});

Deno.test("SourceConsumer names the shards that it is granted once, not those that it has", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  source.group.granted = [0, 1, 3];
  await source.clock.advance(60_000);
  assert.deepEqual(source.recorder.of("shards_granted").map(({ shards }) => shards), [[0, 1], [3]]);
  await source.stopped();
});

function assignment() {
  const clock = new FakeClock();
  return { clock, shards: new ShardAssignment(clock, () => {}) };
}

const numbers = (leases: readonly ShardLease[]) => leases.map(({ shard }) => shard);

Deno.test("ShardAssignment gives back what is not granted, and starts what is granted and not read", () => {
  const { shards } = assignment();
  const [zero, one] = shards.follow(new Set([0, 1]));
  assert.deepEqual(numbers(shards.follow(new Set([1, 2]))), [2]);
  assert.deepEqual([zero!.revoked.aborted, one!.revoked.aborted], [true, false]);
  assert.deepEqual(numbers(shards.follow(new Set([0, 1, 2]))), [], "0 is still being given back");
  assert.deepEqual(shards.shards, [0, 1, 2]);
  shards.ended(zero!, "released");
  assert.deepEqual(numbers(shards.follow(new Set([0, 1, 2]))), [0]);
});

const ends: [how: TaskEnd, bySilence: boolean, isPaused: boolean][] = [
  ["released", false, false],
  ["abandoned", false, false],
  ["gone", false, true],
  ["lost", false, true],
  ["lost", true, false],
];
for (const [how, bySilence, isPaused] of ends) {
  const end = `${how}${bySilence ? " by silence" : ""}`;
  Deno.test(`ShardAssignment ${isPaused ? "pauses" : "does not pause"} after a shard that was ${end}`, async () => {
    const { clock, shards } = assignment();
    const [lease] = shards.follow(new Set([4]));
    if (bySilence) assert.deepEqual(shards.loseAll("silence"), [4]);
    shards.ended(lease!, how);
    assert.equal(shards.isEmpty, true);
    assert.deepEqual(numbers(shards.follow(new Set([4]))), isPaused ? [] : [4]);
    assert.equal(shards.hasPaused, isPaused);
    await clock.advance(PAUSE_AFTER_END_MS);
    assert.deepEqual(numbers(shards.follow(new Set([4]))), isPaused ? [4] : []);
    assert.equal(shards.hasPaused, false);
  });
}
