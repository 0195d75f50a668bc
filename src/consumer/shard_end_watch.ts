import type { Env } from "../base/env.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";
import { retry } from "../base/retry.ts";
import type { ConsumerSource } from "./ports.ts";
import type { ShardWatch, WatchedShard } from "./shard_watch.ts";

/** Every event of interest wakes the watch; this only bounds its sleep. */
const MAX_SLEEP_MS = 3_600_000;
/** How long the server may take to notice that a shard is finished, before it is reported once more. */
const NOTICE_MS = 5000;

interface ShardEndOptions {
  /** Least time between two lists of the shards. */
  readonly listIntervalMs: () => number;
  /** Called when a shard is finished; the next heartbeat gives it up. */
  readonly onFinished: () => void;
}

/**
 * Notices when a split or merged shard is read to its end and its checkpoint is written there. In an ordered group,
 * other shards wait for this.
 */
export class ShardEndWatch {
  readonly #env: Env;
  readonly #source: Pick<ConsumerSource, "name" | "shards">;
  readonly #options: ShardEndOptions;
  /** A read-only shard stays read-only. */
  readonly #readOnly = new Set<number>();
  #nextListMs = 0;

  constructor(
    env: Env,
    source: Pick<ConsumerSource, "name" | "shards">,
    options: ShardEndOptions,
  ) {
    this.#env = env;
    this.#source = source;
    this.#options = options;
  }

  /**
   * Begins to watch a shard. It is finished when a pull has found nothing new after the shard was seen to be
   * read-only, and nothing is pending: logs written between the last pull and the split would be missed otherwise.
   */
  follow({ shard, writer }: WatchedShard): ShardWatch {
    const wake = new InterruptibleSleep(this.#env.clock);
    /** The last pull found nothing new; once the shard is read-only, a pull after that. */
    let caughtUp = false;
    let readOnly = false;
    const settled = () => {
      if (readOnly && caughtUp) wake.wake();
    };
    return {
      pulled: () => {
        caughtUp = false;
      },
      restarted: () => {
        caughtUp = false;
      },
      caughtUp: () => {
        caughtUp = true;
        wake.wake();
      },
      done: settled,
      checkpointWritten: settled,
      run: async (signal) => {
        for (let finished = false; !finished;) {
          await wake.sleep(MAX_SLEEP_MS, signal);
          if (!caughtUp) continue;
          if (!readOnly) {
            readOnly = await this.#isReadOnly(shard, signal);
            if (readOnly) caughtUp = false;
          } else if (writer.pending) writer.writeNow();
          else finished = true;
        }
        await this.#report(shard, writer, signal);
      },
    };
  }

  /**
   * Some servers look at a shard's end only when a checkpoint comes, and this one may have been written before the
   * split. So the checkpoint is written once more if the server keeps granting the shard.
   */
  async #report(
    shard: number,
    writer: WatchedShard["writer"],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, telemetry } = this.#env;
    const { onFinished } = this.#options;
    telemetry({ type: "shard_finished", source: this.#source.name, shard });
    onFinished();
    await clock.sleep(NOTICE_MS, signal);
    writer.writeAgain();
    await clock.sleep(NOTICE_MS, signal);
    onFinished();
  }

  /** Whether a shard is known to take no more writes. One list of the shards serves all of the source. */
  async #isReadOnly(shard: number, signal: AbortSignal): Promise<boolean> {
    const { name: source, shards } = this.#source;
    const about = `${source} shard ${shard}: list the shards`;
    return await retry(this.#env, { about, source, shard }, signal, async () => {
      const nowMs = this.#env.clock.monotonicMs();
      if (this.#readOnly.has(shard) || nowMs < this.#nextListMs) return this.#readOnly.has(shard);
      this.#nextListMs = nowMs + this.#options.listIntervalMs(); // for the other shards too
      try {
        for (const listed of await shards.list(signal)) {
          if (listed.readOnly) this.#readOnly.add(listed.shard);
        }
      } catch (error) {
        this.#nextListMs = 0;
        throw error;
      }
      return this.#readOnly.has(shard);
    });
  }
}
