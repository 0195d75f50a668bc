import type { Clock } from "../../src/base/clock.ts";
import { GroupState } from "../../src/emulator/core/sls/group_state.ts";
import { Logstore } from "../../src/emulator/core/sls/logstore.ts";
import { Judge } from "./judge.ts";

export const GROUP = "g";
const nothing = new Uint8Array(1);

/** A page as the server gives it: positions instead of bytes. */
export interface ModelPage {
  readonly from: number;
  readonly to: number;
  readonly nextCursor: string;
}

/**
 * The reference model of the server: its shards, and the five states of each in a consumer group, without
 * HTTP. Everything that processes do is put before the judge.
 */
export class ModelServer {
  readonly logstore: Logstore;
  readonly judge: Judge;
  readonly #clock: Clock;

  constructor(clock: Clock, shards: number, inOrder: boolean) {
    this.#clock = clock;
    let start = 1_000_000n;
    this.logstore = new Logstore({
      name: "l",
      shardCount: shards,
      ttlDays: 30,
      nowSec: this.nowSec,
      startCursor: () => start += 1_000_000n,
    });
    this.judge = new Judge((shard) => this.#truth(shard), inOrder);
  }

  get nowSec(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }

  get group(): GroupState | undefined {
    return this.logstore.groups.get(GROUP);
  }

  createGroup(timeoutSec: number, order: boolean): void {
    this.logstore.groups.set(GROUP, new GroupState({ timeoutSec, order }, this.#clock));
  }

  /** Adds log groups to a shard. */
  write(shard: number, groups: number): void {
    const { log } = this.logstore.shard(shard);
    for (let group = 0; group < groups; group++) log.append(nothing, this.nowSec);
  }

  /** @returns undefined when there is nothing new. */
  page(shard: number, cursor: string, count: number): ModelPage | undefined {
    const { log } = this.logstore.shard(shard);
    const from = log.positionOf(cursor)!;
    const to = Math.min(log.end, from + count);
    return to === from ? undefined : { from, to, nextCursor: log.cursorAt(to) };
  }

  /** Log groups that were written and never delivered. */
  get missing(): number {
    return [...this.logstore.shards.values()]
      .reduce((sum, { id, log }) => sum + log.end - this.judge.unbroken(id), 0);
  }

  #truth(shard: number) {
    const found = this.logstore.shards.get(shard);
    if (!found) return undefined;
    const rows = this.group?.shards(this.logstore.shardFacts()) ?? [];
    return {
      owner: rows.find(({ id }) => id === shard)?.owner ?? "",
      ancestors: found.ancestors,
      endPosition: found.log.end,
    };
  }
}
