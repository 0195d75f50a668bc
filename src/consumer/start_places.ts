import type { ShardStart } from "../base/cursor.ts";
import { persist, type PersistOptions } from "./persist.ts";
import type { ShardsPort } from "./ports.ts";

export interface StartPlacesOptions extends PersistOptions {
  readonly source: string;
  /** Where a shard without a checkpoint begins, by the configuration. */
  readonly start: ShardStart;
  readonly shards: Pick<ShardsPort, "list">;
}

/**
 * Where shards without a checkpoint begin. With `end` that holds for the shards that are there when the
 * program starts: one that is split or merged off later has nothing but what came since, and begins at its
 * beginning, however late it is granted.
 */
export class StartPlaces {
  readonly #options: StartPlacesOptions;
  #known = new Set<number>();

  constructor(options: StartPlacesOptions) {
    this.#options = options;
  }

  /** Learns which shards there are, however often it takes. @throws the reason of `stop`. */
  async learn(stop: AbortSignal): Promise<void> {
    const { source, start, shards } = this.#options;
    if (start !== "end") return;
    const about = `${source}: list the shards`;
    const listed = await persist(about, this.#options, stop, () => shards.list(stop));
    this.#known = new Set(listed.map(({ shard }) => shard));
  }

  of(shard: number): ShardStart {
    const { start } = this.#options;
    return start === "end" && !this.#known.has(shard) ? "begin" : start;
  }
}
