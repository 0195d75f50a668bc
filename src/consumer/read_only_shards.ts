import type { Clock } from "../base/clock.ts";
import type { ShardsPort } from "./ports.ts";

export interface ReadOnlyShardsOptions {
  readonly shards: Pick<ShardsPort, "list">;
  readonly clock: Clock;
  /** Least time between two questions to the server. */
  readonly intervalMs: () => number;
}

/** Which shards of a logstore take no more writes since they were split or merged. */
export class ReadOnlyShards {
  readonly #options: ReadOnlyShardsOptions;
  /** Once read-only, a shard stays so. */
  readonly #known = new Set<number>();
  #nextAskMs = 0;

  constructor(options: ReadOnlyShardsOptions) {
    this.#options = options;
  }

  /**
   * Whether the shard is known to be read-only. One list serves all shards of the source: within the
   * interval nobody asks again.
   */
  async has(shard: number, signal: AbortSignal): Promise<boolean> {
    const { shards, clock, intervalMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#known.has(shard) || nowMs < this.#nextAskMs) return this.#known.has(shard);
    this.#nextAskMs = nowMs + intervalMs(); // others need not ask meanwhile
    try {
      for (const { shard, readOnly } of await shards.list(signal)) {
        if (readOnly) this.#known.add(shard);
      }
    } catch (error) {
      this.#nextAskMs = 0;
      throw error;
    }
    return this.#known.has(shard);
  }
}
