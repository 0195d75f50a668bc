import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { jsonFault } from "../../src/emulator/sls/faults.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const REF = { project: PROJECT, logstore: LOGSTORE };
const LOGS_PER_GROUP = 10;
const settings = {
  consumer: {
    in_order: true,
    group_timeout: "60s",
    heartbeat_interval: "2s",
    fetch_count: 5,
    checkpoint_interval: "5s",
  },
  hec: { batch: { max_events: 40, max_age: "1s" } },
  sources: [REF],
};

/** Writes to the shards of a logstore that is split and merged, and knows which log is in which shard. */
class Lineage {
  readonly #oracle: Oracle;
  /** By shard, the numbers of its logs, from and up to. */
  readonly #logs = new Map<number, [from: number, to: number][]>();
  readonly #ancestors = new Map<number, readonly number[]>([[0, []]]);

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  write(shard: number, groups: number): void {
    const from = this.#oracle.written;
    for (let group = 0; group < groups; group++) this.#oracle.write(shard, LOGS_PER_GROUP);
    this.#logs.set(shard, [...this.#logs.get(shard) ?? [], [from, this.#oracle.written]]);
  }

  split(shard: number): [number, number] {
    const children = this.#oracle.sls.data.split({ ...REF, shard });
    for (const child of children) this.#adopt(child, [shard]);
    return children;
  }

  merge(left: number, right: number): number {
    const child = this.#oracle.sls.data.merge({ ...REF, shard: left });
    this.#adopt(child, [left, right]);
    return child;
  }

  #adopt(child: number, parents: readonly number[]): void {
    this.#ancestors.set(child, [
      ...new Set(parents.flatMap((shard) => [shard, ...this.#ancestors.get(shard) ?? []])),
    ]);
  }

  /** Logs that HEC took before the last log of an ancestor of their shard. */
  get disorder(): string[] {
    const first = new Map<number, number>();
    this.#oracle.arrivals.forEach((log, at) => first.has(log) || first.set(log, at));
    const times = (shard: number) =>
      (this.#logs.get(shard) ?? []).flatMap(([from, to]) =>
        Array.from({ length: to - from }, (_, i) => first.get(from + i) ?? Infinity)
      );
    return [...this.#ancestors].flatMap(([child, ancestors]) => {
      const earliest = Math.min(...times(child));
      return ancestors.filter((ancestor) => Math.max(...times(ancestor)) > earliest)
        .map((ancestor) => `shard ${child} began before shard ${ancestor} was finished`);
    });
  }
}

/** The state of every shard in the group, by id. */
function states(oracle: Oracle): string[] {
  return oracle.sls.data.consumerGroup(REF, "g").shards.map(({ state }) => state);
}

Deno.test("App with in_order sends a child after all its ancestors, over a split and a merge", async () => {
  await using oracle = new Oracle({ shards: 1 });
  oracle.hec.rule = () => faults.slow(5);
  const lineage = new Lineage(oracle);
  lineage.write(0, 60);
  const [left, right] = lineage.split(0);
  lineage.write(left, 40);
  lineage.write(right, 20);
  await using one = new AppRun(settings, oracle.env);
  await using two = new AppRun(settings, oracle.env);
  await until("the first logs", 20_000, () => oracle.arrivals.length > 200);
  const merged = lineage.merge(left, right); // while its parents wait
  lineage.write(merged, 30);
  await until("delivery", 60_000, () => oracle.missing === 0);
  const [third, empty] = lineage.split(merged); // when all is read
  lineage.write(third, 10);
  await until("delivery after the second split", 60_000, () => oracle.missing === 0);
  const last = lineage.merge(third, empty); // one of its parents never had a log
  lineage.write(last, 10);
  await until("delivery after the second merge", 60_000, () => oracle.missing === 0);
  await until(
    "every parent to be finished",
    20_000,
    () => states(oracle).every((state, shard) => state === (shard === last ? "owned" : "done")),
  );
  await one.stop();
  await two.stop();
  assert.deepEqual(lineage.disorder, []);
  assert.deepEqual(oracle.violations, []);
  assert.equal(oracle.verdict().duplicates, 0);
});

Deno.test("App without in_order reads a child beside its parent, which shows that the test above can fail", async () => {
  await using oracle = new Oracle({ shards: 1 });
  oracle.hec.rule = () => faults.slow(5);
  const lineage = new Lineage(oracle);
  lineage.write(0, 60);
  const [left] = lineage.split(0);
  lineage.write(left, 5);
  const consumer = { ...settings.consumer, in_order: false };
  await using run = new AppRun({ ...settings, consumer }, oracle.env);
  await until("delivery", 60_000, () => oracle.missing === 0);
  await run.stop();
  assert.deepEqual(lineage.disorder, ["shard 1 began before shard 0 was finished"]);
});

Deno.test("App with in_order reports a shard's end by a checkpoint to a server that looks at nothing else", async () => {
  await using oracle = new Oracle({ shards: 1 });
  const lineage = new Lineage(oracle);
  lineage.write(0, 5);
  await using run = new AppRun(settings, oracle.env);
  const end = oracle.sls.data.shards(REF)[0]!.endCursor;
  const writes: string[] = [];
  oracle.sls.onCheckpoint(({ shard, cursor }) => void (shard === 0 && writes.push(cursor)));
  await until("the checkpoint at the end", 20_000, () => writes.at(-1) === end);
  writes.length = 0;
  // A server that does not notice by itself keeps granting the parent alone.

  oracle.sls.faults.rule = ({ call }) =>
    call === "HeartBeat" && writes.length === 0 ? jsonFault([0], "after") : undefined;
  const [left] = lineage.split(0);
  lineage.write(left, 5);
  await until("the checkpoint once more", 20_000, () => writes.length > 0);
  await until("the child's logs", 20_000, () => oracle.missing === 0);
  await run.stop();
  assert.deepEqual(writes, [end]);
  assert.deepEqual(lineage.disorder, []);
});

Deno.test("App with start end sends what came to the children of a split before it could read them", async () => {
  await using oracle = new Oracle({ shards: 1 });
  const lineage = new Lineage(oracle);
  await using run = new AppRun(
    { ...settings, consumer: { ...settings.consumer, start: "end", in_order: false } },
    oracle.env,
  );
  await until(
    "the start",
    10_000,
    () => run.events.some(({ type }) => type === "checkpoint_written"),
  );
  lineage.write(0, 5);
  const [left] = lineage.split(0);
  lineage.write(left, 5);
  await until("delivery", 20_000, () => oracle.missing === 0);
});
