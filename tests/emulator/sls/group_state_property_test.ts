import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeCursor } from "../../../src/emulator/core/sls/cursor.ts";
import { GroupState } from "../../../src/emulator/core/sls/group_state.ts";
import { Logstore } from "../../../src/emulator/core/sls/logstore.ts";
import { merge, split } from "../../../src/emulator/sls/split_merge.ts";
import { SlsError } from "../../../src/emulator/core/sls/sls_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const TIMEOUT_SEC = 10;
const NAMES = ["a", "b", "c", "d"];

/** A consumer as clients implement it: reports its shards, takes and releases those it is assigned. */
class Consumer {
  working = new Set<number>();
  granted: number[] = [];
}

type Step =
  | { do: "beat"; name: string; letGo: boolean }
  | { do: "silence"; seconds: number }
  | { do: "commitEnd"; name: string }
  | { do: "reset"; shard: number }
  | { do: "split" | "merge"; shard: number }
  | { do: "append"; shard: number };

const name = fc.constantFrom(...NAMES);
const shard = fc.nat(12);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("beat" as const), name, letGo: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("silence" as const),
      seconds: fc.integer({ min: 1, max: 7 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("commitEnd" as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reset" as const), shard }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("split" as const, "merge" as const), shard }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("append" as const), shard }) },
);

class World {
  readonly clock = new FakeClock();
  readonly store: Logstore;
  readonly group: GroupState;
  readonly consumers = new Map<string, Consumer>();
  /** Set once a finished shard is reopened: order is not guaranteed from then on. */
  reopened = false;

  constructor(shards: number, readonly order: boolean) {
    let count = 0n;
    this.store = new Logstore({
      name: "l",
      shardCount: shards,
      ttlDays: 30,
      nowSec: 0,
      startCursor: () => count++ * 1000n,
    });
    this.group = new GroupState({ timeoutSec: TIMEOUT_SEC, order }, this.clock);
  }

  get rows() {
    return this.group.shards(this.store.shardFacts());
  }

  /** @param letGo Whether the consumer has released the shards missing from the last answer. */
  beat(name: string, letGo: boolean): void {
    const me = this.consumers.get(name) ?? new Consumer();
    this.consumers.set(name, me);
    if (letGo) me.working = new Set(me.granted);
    const facts = this.store.shardFacts();
    try {
      me.granted = this.group.heartbeat(name, [...me.working], facts);
    } catch (error) {
      assert.ok(error instanceof SlsError && error.code === "NotExistConsumerWithBody");
      assert.ok(!this.group.consumers.includes(name));
      this.consumers.set(name, new Consumer());
      return;
    }
    for (const id of me.granted) me.working.add(id);
    const owned = this.rows.filter(({ state, owner }) => state === "owned" && owner === name);
    assert.deepEqual(
      me.granted,
      owned.map(({ id }) => id),
      "an answer holds exactly the owned shards",
    );
  }

  async run(step: Step): Promise<void> {
    const writable = this.store.writable();
    switch (step.do) {
      case "beat":
        return this.beat(step.name, step.letGo);
      case "silence":
        return await this.clock.advance(step.seconds * 1000);
      case "commitEnd":
        for (const { id, state, owner } of this.rows) {
          if (owner !== step.name || state === "done") continue;
          const { log } = this.store.shard(id);
          const update = { consumer: owner, shard: id, checkpoint: log.cursorAt(log.end) };
          this.group.updateCheckpoint({ ...update, force: false }, this.store.shardFacts());
        }
        return;
      case "reset": {
        if (!this.store.shards.has(step.shard)) return;
        const checkpoint = btoa("5");
        this.reopened = true;
        this.group.updateCheckpoint(
          { consumer: "", shard: step.shard, checkpoint, force: true },
          this.store.shardFacts(),
        );
        return;
      }
      case "split":
      case "merge": {
        if (this.store.shards.size > 10) return;
        const target = writable[step.shard % writable.length]!;
        if (step.do === "split") split(this.store, target.id, undefined, 0);
        else if (target.range.end !== "f".repeat(32)) merge(this.store, target.id, 0);
        return;
      }
      case "append": {
        const target = writable[step.shard % writable.length]!;
        return target.log.append(new Uint8Array(1), 0);
      }
    }
  }

  /** The invariants after every step. */
  check(): void {
    const facts = new Map(this.store.shardFacts().map((fact) => [fact.id, fact]));
    const rows = new Map(this.rows.map((row) => [row.id, row]));
    const live = this.group.consumers;
    assert.deepEqual(
      [...rows.keys()].sort(),
      [...facts.keys()].sort(),
      "every shard is known once",
    );
    for (const { id, state, owner, next, checkpoint } of rows.values()) {
      const { endCursor, ancestors } = facts.get(id)!;
      const finished = endCursor !== undefined && checkpoint !== "" &&
        decodeCursor(checkpoint) === decodeCursor(endCursor);
      assert.equal(state === "done", finished, `${id} is done exactly when its end is committed`);
      const isOwned = state === "owned" || state === "handover";
      if (state !== "done") {
        assert.equal(live.includes(owner), isOwned, `${id} is owned by the living`);
      }
      assert.equal(live.includes(next), state === "handover", `${id} is promised to the living`);
      if (state === "handover") assert.notEqual(next, owner);
      const ready = ancestors.every((id) => rows.get(id)?.state === "done");
      if (state === "wait") assert.ok(this.order && !ready, `${id} waits for a reason`);
      if (this.order && !this.reopened && isOwned) {
        assert.ok(ready, `${id} is not dealt out too early`);
      }
    }
    this.#checkNobodySharesWork();
  }

  /** No two live consumers work on one shard, however late they release lost shards. */
  #checkNobodySharesWork(): void {
    if (this.reopened) return;
    const workers = new Map<number, string>();
    for (const name of this.group.consumers) {
      for (const id of this.consumers.get(name)?.working ?? []) {
        assert.ok(!workers.has(id), `${name} and ${workers.get(id)} both work on ${id}`);
        workers.set(id, name);
      }
    }
  }
}

Deno.test("GroupState keeps its invariants whatever consumers and shards do", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      fc.array(step, { minLength: 1, maxLength: 60 }),
      async (shards, order, steps) => {
        const world = new World(shards, order);
        for (const step of steps) {
          await world.run(step);
          world.check();
        }
        checkSettled(world);
      },
    ),
    { numRuns: 150 },
  );
});

/** Once consumers behave and nothing changes, all shards are assigned, and evenly. */
function checkSettled(world: World): void {
  for (let round = 0; round < 12; round++) for (const name of NAMES) world.beat(name, true);
  const counts = new Map(NAMES.map((name) => [name, 0]));
  for (const { state, owner } of world.rows) {
    assert.ok(state === "owned" || state === "done" || state === "wait", state);
    if (state === "owned") counts.set(owner, counts.get(owner)! + 1);
  }
  assert.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1, "counts are even");
}
