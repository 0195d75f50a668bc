import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import type { HeartbeatEvent } from "../../src/emulator/core/sls/events.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const REF = { project: PROJECT, logstore: LOGSTORE };
const SHARDS = 6;
/** Written to each shard at a time: several pages. */
const GROUPS = 20;
/** Longer than any wait of the HEC emulator itself: a request waits so long at the gate, or until it is opened. */
const AT_THE_GATE_MS = 1e9;
const PATIENCE_MS = 60_000;

const settings = (name: string, workers: number) => ({
  workers,
  consumer: {
    name,
    heartbeat_interval: "200ms",
    group_timeout: "600s", // no consumer must time out, however busy the machine is
    fetch_interval: "100ms",
    fetch_count: 5,
    checkpoint_interval: "1s",
  },
  hec: {
    batch: { max_age: "50ms" },
    timeout: "600s",
  },
  drain_timeout: "600s",
  sources: [REF],
});

/** Holds the requests that come to HEC while it is closed. */
class Gate {
  waiting = 0;
  #opened = Promise.withResolvers<void>();
  #isOpen = false;
  /** The emulator's, on which the requests wait. */
  readonly clock: Clock = {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: async (ms, signal) => {
      if (ms !== AT_THE_GATE_MS) return await systemClock.sleep(ms, signal);
      this.waiting++;
      await this.#opened.promise;
      this.waiting--;
    },
  };

  get rule() {
    return () => this.#isOpen ? undefined : faults.slow(AT_THE_GATE_MS);
  }

  open(): void {
    this.#isOpen = true;
    this.#opened.resolve();
  }

  close(): void {
    this.#isOpen = false;
    this.#opened = Promise.withResolvers();
  }
}

/** A group whose members join and leave while what they have sent waits. */
class Scene implements AsyncDisposable {
  readonly gate = new Gate();
  readonly oracle = new Oracle({ shards: SHARDS, hec: { clock: this.gate.clock } });
  readonly members = new Map<string, AppRun>();
  /** The last heartbeat of each member. */
  readonly heartbeats = new Map<string, HeartbeatEvent>();
  readonly #workers: number;
  /** Log groups written to each shard. */
  #groups = 0;

  constructor(workers: number) {
    this.#workers = workers;
    this.oracle.hec.rule = this.gate.rule;
    this.oracle.sls.onHeartbeat((event) => this.heartbeats.set(event.consumer, event));
  }

  join(name: string): void {
    const { env } = this.oracle;
    this.members.set(name, new AppRun(settings(name, this.#workers), env, systemClock));
  }

  /** Has requests wait at the gate, and every shard's owner have undelivered logs of it. */
  async fill(): Promise<void> {
    const { sls } = this.oracle;
    this.gate.close();
    for (let n = 0; n < SHARDS * GROUPS; n++) this.oracle.write(n % SHARDS, 10);
    this.#groups += GROUPS;
    // The first pull that finds nothing may have been a guess, ahead of the pages; not so the second.
    const inVain = new Map<number, number>();
    const off = sls.onPull(({ shard, cursor }) => {
      const isAtEnd = sls.data.positionOf({ ...REF, shard }, cursor) === this.#groups;
      if (isAtEnd) inVain.set(shard, (inVain.get(shard) ?? 0) + 1);
    });
    const allRead = () => [...inVain.values()].filter((pulls) => pulls > 1).length === SHARDS;
    await until("all shards are read to their end", PATIENCE_MS, allRead);
    off();
    await until("requests at the gate", PATIENCE_MS, () => this.gate.waiting > 0);
  }

  /** A member that has ended well: it has given everything back, and the group's timeout is over for it. */
  async left(name: string, end: Promise<{ abandonedShards: number }>): Promise<void> {
    assert.deepEqual(await end, { abandonedShards: 0 });
    assert.deepEqual(this.ends(name), ["released"]);
    assert.deepEqual(this.heartbeats.get(name)?.reported, []);
    this.oracle.sls.data.forgetConsumer(REF, "g", name);
    this.members.delete(name);
  }

  /** Whether a member works on shards that the server wants from it. */
  isAskedFor(name: string): boolean {
    const { reported = [], answered = [] } = this.heartbeats.get(name) ?? {};
    return reported.some((shard) => !answered.includes(shard));
  }

  started(name: string): number {
    return this.members.get(name)!.events.filter(({ type }) => type === "shard_started").length;
  }

  /** How the shards of a member ended, each way once. */
  ends(name: string): string[] {
    const ends = this.members.get(name)!.events.flatMap((event) =>
      event.type === "shard_ended" ? [event.how] : []
    );
    return [...new Set(ends)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.gate.open();
    for (const member of this.members.values()) await member[Symbol.asyncDispose]();
    await this.oracle[Symbol.asyncDispose]();
  }
}

for (const workers of [0, 1]) {
  const where = workers === 0 ? "" : ", with the data plane in workers";
  Deno.test(`members that join and leave while requests are in flight lose nothing and repeat nothing${where}`, async () => {
    await using scene = new Scene(workers);
    const { gate, oracle } = scene;
    scene.join("a");
    await scene.fill();
    assert.equal(scene.started("a"), SHARDS);

    scene.join("b");
    await until("a is asked for shards", PATIENCE_MS, () => scene.isAskedFor("a"));
    assert.deepEqual(scene.ends("a"), [], "it gives none back with requests in flight");
    assert.equal(scene.started("b"), 0, "no other reads what a is delivering");
    gate.open();
    await until("b has its half", PATIENCE_MS, () => scene.started("b") === SHARDS / 2);
    assert.deepEqual(scene.ends("a"), ["released"]);

    await scene.fill();
    scene.join("c");
    const asked = () => scene.isAskedFor("a") && scene.isAskedFor("b");
    await until("both are asked for shards", PATIENCE_MS, asked);
    assert.equal(scene.started("c"), 0);
    gate.open();
    await until("c has its third", PATIENCE_MS, () => scene.started("c") === SHARDS / 3);

    await scene.fill();
    const leaving = scene.members.get("a")!.stop();
    const before = scene.started("b") + scene.started("c");
    const others = () => scene.started("b") + scene.started("c") - before;
    // Heartbeats continue while it drains: two more of its own, as both others have sent theirs.
    let beats = 0;
    oracle.sls.onHeartbeat(({ consumer, reported }) => {
      if (consumer === "a" && reported.length > 0) beats++;
    });
    await until("heartbeats of a, which drains", PATIENCE_MS, () => beats >= 2);
    assert.equal(others(), 0, "no other reads what a is delivering");
    gate.open();
    await scene.left("a", leaving);
    await until("the others have its shards", PATIENCE_MS, () => others() === SHARDS / 3);

    // One comes as another goes.
    await scene.fill();
    scene.join("d");
    const gone = scene.members.get("b")!.stop();
    const either = () => scene.isAskedFor("b") || scene.isAskedFor("c");
    await until("a shard is wanted for d", PATIENCE_MS, either);
    assert.equal(scene.started("d"), 0);
    gate.open();
    await scene.left("b", gone);
    await until("d has its half", PATIENCE_MS, () => scene.started("d") >= SHARDS / 2);

    await until("delivery", PATIENCE_MS, () => oracle.missing === 0);
    for (const name of ["c", "d"]) await scene.left(name, scene.members.get(name)!.stop());
    const { violations, missing, duplicates } = oracle.verdict();
    assert.deepEqual({ violations, missing, duplicates }, {
      violations: [],
      missing: 0,
      duplicates: 0,
    });
  });
}
