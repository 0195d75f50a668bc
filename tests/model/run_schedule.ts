import { merge, split } from "../../src/emulator/sls/split_merge.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { seededFor } from "../support/seeded_random.ts";
import { type CallFault, ModelProcess, type Weather } from "./model_process.ts";
import { GROUP, ModelServer } from "./model_server.ts";

const GROUP_TIMEOUT_MS = 15_000;
const PROCESSES_MOST = 4;
const WRITABLE_SHARDS_MOST = 6;
/** After the faults are over, everything must be delivered and in its place within this time. */
const CALM_MS = 180_000;

/** What one schedule came to. */
export interface ScheduleVerdict {
  readonly seed: number;
  /** Promises that were broken, in words. */
  readonly broken: readonly string[];
  readonly deliveries: number;
  readonly duplicates: number;
  readonly checkpoints: number;
  /** How often each thing was done. */
  readonly actions: Readonly<Record<string, number>>;
}

/** Lets members of one group join, leave, stall, die and come back while its shards split and merge. */
export async function runSchedule(seed: number): Promise<ScheduleVerdict> {
  return await new Schedule(seed).run();
}

class Schedule implements Weather {
  readonly #seed: number;
  readonly #random: () => number;
  readonly #clock = new FakeClock();
  readonly #server: ModelServer;
  readonly #inOrder: boolean;
  /** Without disturbances no log may come twice. */
  readonly #planned: boolean;
  readonly #processes: ModelProcess[] = [];
  readonly #actions: Record<string, number> = {};
  #faultsUntilMs = 0;
  #fault: CallFault = "refused";
  #faultRate = 0;
  #faultCall = "";
  #hecDownUntilMs = 0;
  #hecSlowUntilMs = 0;
  #refusals = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededFor(seed, "schedule");
    this.#inOrder = this.#random() < 0.5;
    this.#planned = this.#random() < 0.25;
    const shards = 1 + this.#below(4);
    this.#server = new ModelServer(this.#clock, shards, this.#inOrder);
  }

  async run(): Promise<ScheduleVerdict> {
    const { judge } = this.#server;
    const choices = this.#planned ? PLANNED : { ...PLANNED, ...DISTURBANCES };
    this.#join();
    for (let step = 15 + this.#below(30); step > 0 && judge.broken.length === 0; step--) {
      await this.#clock.advance(this.#random() < 0.3 ? 0 : this.#below(12_000));
      this.#take(pick(choices, this.#random()));
    }
    await this.#calm();
    await this.#end();
    const { broken, deliveries, duplicates, checkpoints } = judge;
    if (this.#planned && duplicates > 0) {
      broken.push(`${duplicates} duplicates without a disturbance`);
    }
    return {
      seed: this.#seed,
      broken,
      deliveries,
      duplicates,
      checkpoints,
      actions: this.#actions,
    };
  }

  call(name: string): CallFault | undefined {
    if (this.#nowMs >= this.#faultsUntilMs || this.#random() >= this.#faultRate) return undefined;
    return this.#faultCall === "" || this.#faultCall === name ? this.#fault : undefined;
  }

  refusesCheckpoint(): boolean {
    if (this.#refusals === 0) return false;
    this.#refusals--;
    return true;
  }

  hecMs(): number | undefined {
    if (this.#nowMs < this.#hecDownUntilMs) return undefined;
    return this.#nowMs < this.#hecSlowUntilMs ? 5000 + this.#below(30_000) : 10 + this.#below(2000);
  }

  get #nowMs(): number {
    return this.#clock.monotonicMs();
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(items: readonly T[]): T | undefined {
    return items[this.#below(items.length)];
  }

  get #living(): ModelProcess[] {
    return this.#processes.filter(({ alive }) => alive);
  }

  #join(): void {
    if (this.#living.length >= PROCESSES_MOST) return;
    // Some come back under the name of one that has died; no two live ones share a name.
    const gone = this.#processes.filter(({ dead, name }) =>
      dead && !this.#processes.some((other) => other.name === name && !other.dead)
    );
    const back = this.#random() < 0.5 ? this.#one(gone)?.name : undefined;
    this.#processes.push(
      new ModelProcess({
        name: back ?? `c${this.#processes.length}`,
        seed: this.#seed + this.#processes.length,
        clock: this.#clock,
        server: this.#server,
        weather: this,
        groupTimeoutMs: GROUP_TIMEOUT_MS,
        inOrder: this.#inOrder,
      }),
    );
  }

  #take(action: Action): void {
    this.#actions[action] = (this.#actions[action] ?? 0) + 1;
    const process = this.#one(this.#living);
    const shard = this.#one(this.#server.logstore.writable())!;
    switch (action) {
      case "write":
        for (let writes = 1 + this.#below(4); writes > 0; writes--) {
          this.#server.write(this.#one(this.#server.logstore.writable())!.id, 1 + this.#below(12));
        }
        return;
      case "join":
        return this.#join();
      case "leave":
        return process?.leave();
      case "split":
        if (this.#server.logstore.writable().length < WRITABLE_SHARDS_MOST) {
          split(this.#server.logstore, shard.id, undefined, this.#server.nowSec);
        }
        return;
      case "merge":
        if (shard.range.end !== "f".repeat(32)) {
          merge(this.#server.logstore, shard.id, this.#server.nowSec);
        }
        return;
      case "die":
        return process?.kill();
      case "stall":
        return process?.freeze();
      case "wake":
        return this.#one(this.#living.filter(({ frozen }) => frozen))?.thaw();
      case "delete group":
        this.#server.logstore.groups.delete(GROUP);
        for (const each of this.#processes) each.deprive();
        return;
      case "forget":
        if (process) {
          this.#server.group?.forget(process.name);
          process.deprive();
        }
        return;
      case "refuse":
        this.#refusals = 1 + this.#below(3);
        return;
      case "faults":
        this.#faultsUntilMs = this.#nowMs + this.#below(40_000);
        this.#fault = this.#one(["refused", "answer lost", "hang"] as const)!;
        this.#faultRate = this.#one([0.3, 0.7, 1])!;
        this.#faultCall = this.#one(["", "heartbeat", "writeCheckpoint"])!;
        return;
      case "hec down":
        this.#hecDownUntilMs = this.#nowMs + this.#below(30_000);
        return;
      case "hec slow":
        this.#hecSlowUntilMs = this.#nowMs + this.#below(30_000);
        return;
    }
  }

  /** Everything works again: all is delivered, committed, and in its place. */
  async #calm(): Promise<void> {
    this.#faultsUntilMs = this.#hecDownUntilMs = this.#hecSlowUntilMs = this.#nowMs;
    this.#refusals = 0;
    for (const process of this.#processes) process.thaw();
    if (this.#living.length === 0) this.#join();
    for (const { id } of this.#server.logstore.writable()) this.#server.write(id, 3);
    const { broken } = this.#server.judge;
    const untilMs = this.#nowMs + CALM_MS;
    let open = this.#open();
    while (open !== undefined && broken.length === 0 && this.#nowMs < untilMs) {
      await this.#clock.advance(1000);
      open = this.#open();
    }
    if (open !== undefined) broken.push(`${CALM_MS} ms after the last fault ${open}`);
  }

  /** What is not yet as it must be; undefined when all is. */
  #open(): string | undefined {
    const { missing, group, logstore } = this.#server;
    if (missing > 0) return `${missing} log groups are not delivered`;
    const living = this.#living;
    const owned = new Map(living.map(({ name }) => [name, 0]));
    for (const { id, state, owner, checkpoint } of group?.shards(logstore.shardFacts()) ?? []) {
      const { log, status } = logstore.shard(id);
      if (checkpoint !== log.cursorAt(log.end)) return `shard ${id} is not committed`;
      if (status === "readonly") {
        if (state !== "done") return `shard ${id} is ${state}, not done`;
        continue;
      }
      const holder = living.find(({ name }) => name === owner);
      if (state !== "owned" || !holder?.plane.running.has(id)) return `shard ${id} is unowned`;
      owned.set(owner, owned.get(owner)! + 1);
    }
    const counts = [...owned.values()];
    if (Math.max(...counts) - Math.min(...counts) > 1) return `shards are shared as ${counts}`;
    return undefined;
  }

  /** All stop: each in time, with nothing undelivered, and without an error of the program's own. */
  async #end(): Promise<void> {
    const { broken } = this.#server.judge;
    for (const process of this.#living) process.leave();
    await this.#clock.advance(12_000);
    for (const { name, dead, end, events } of this.#processes) {
      if (!dead && end === undefined) broken.push(`${name} does not stop`);
      if (end && "error" in end) broken.push(`${name} ended by ${end.error}`);
      const bug = events.find((event) =>
        event.type === "trouble" && event.message.startsWith("An unexpected")
      );
      if (bug) broken.push(`${name}: ${JSON.stringify(bug)}`);
    }
  }
}

const PLANNED = {
  write: 8,
  join: 4,
  leave: 2,
  split: 2,
  merge: 1,
} as const;

const DISTURBANCES = {
  die: 1.5,
  stall: 2,
  wake: 3,
  "delete group": 0.5,
  forget: 1,
  refuse: 1,
  faults: 2,
  "hec down": 1,
  "hec slow": 1,
} as const;

type Action = keyof typeof PLANNED | keyof typeof DISTURBANCES;

/** One of the keys, by their weights. */
function pick(weights: Readonly<Partial<Record<Action, number>>>, random: number): Action {
  const entries = Object.entries(weights) as [Action, number][];
  let left = random * entries.reduce((sum, [, weight]) => sum + weight, 0);
  return (entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0]!)[0];
}
