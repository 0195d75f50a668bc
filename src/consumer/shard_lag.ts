import type { Clock } from "../base/clock.ts";
import { withTimeout } from "../base/timeout.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { ShardsPort } from "./ports.ts";

/** A shard of which nothing was heard for so long is not known to be at its end any more. */
const SILENT_MS = 30_000;
/** An answer of the server holds so long: who asks at the same time need not ask again. */
const HOLDS_MS = 20_000;

export interface ShardLagOptions {
  readonly shard: number;
  /** Says before which cursor everything is delivered, and whether anything is in hand. */
  readonly tracker: Pick<CheckpointTracker, "reached" | "open">;
  readonly shards: Pick<ShardsPort, "cursorTimeSec" | "serverNowMs">;
  readonly clock: Clock;
}

/**
 * The age of the oldest log of a shard that is not delivered, by the server's clock and from its receipt on. While
 * the server does not answer it is the most that it can be, and grows.
 */
export class ShardLag {
  readonly #options: ShardLagOptions;
  /** The last pull found nothing new. */
  #caughtUp = false;
  #heardMs: number;
  /** When everything that the server had was delivered, on our monotonic clock. */
  #allDeliveredMs: number | undefined;
  /** Receipt of the log at `#askedCursor`; every log before it is delivered. */
  #receivedSec: number | undefined;
  #askedCursor: string | undefined;
  #askedMs = -Infinity;

  constructor(options: ShardLagOptions) {
    this.#options = options;
    this.#heardMs = options.clock.monotonicMs();
  }

  /** A page was pulled. */
  pulled(): void {
    this.#caughtUp = false;
    this.#heardMs = this.#options.clock.monotonicMs();
  }

  /** A pull found nothing new. */
  caughtUp(): void {
    this.#caughtUp = true;
    this.#heardMs = this.#options.clock.monotonicMs();
    this.settled();
  }

  /** Something is delivered. */
  settled(): void {
    if (this.#caughtUp && this.#options.tracker.open === 0) this.#allDeliveredMs = this.#heardMs;
  }

  /** Whether there is more to read or to deliver. */
  get isBehind(): boolean {
    return !this.#caughtUp || this.#options.tracker.open > 0;
  }

  /** Whether it was at its end so long ago that there may be more to read. */
  get isSilent(): boolean {
    return !this.isBehind && this.#options.clock.monotonicMs() - this.#heardMs >= SILENT_MS;
  }

  /**
   * The lag in seconds; 0 when there is none.
   * @throws whatever the server's answer fails with, or the reason of `signal`.
   */
  async ask(signal: AbortSignal): Promise<number> {
    if (!this.isBehind && !this.isSilent) return 0;
    const { shard, tracker, shards, clock } = this.#options;
    const { reached } = tracker;
    const nowMs = clock.monotonicMs();
    if (reached !== this.#askedCursor || nowMs - this.#askedMs >= HOLDS_MS) {
      // At the end of the shard, where there is no log yet, it is the server's time.
      this.#receivedSec = await shards.cursorTimeSec(shard, reached, signal);
      this.#askedCursor = reached;
      this.#askedMs = nowMs;
    }
    return this.#sinceReceipt(this.#receivedSec!);
  }

  /**
   * As `ask`; where the server does not answer in time, the most that it can be; undefined when nothing is known.
   * @param withinMs How long an answer is waited for.
   */
  async sec(signal: AbortSignal, withinMs: number): Promise<number | undefined> {
    if (withinMs <= 0) return this.most;
    const { clock } = this.#options;
    try {
      return await withTimeout(
        { what: "The lag", timeoutMs: withinMs },
        clock,
        signal,
        (limit) => this.ask(limit),
      );
    } catch {
      signal.throwIfAborted(); // its refusals are reported where the shard is read
      return this.most;
    }
  }

  /** The most that it can be by what is known: when all was delivered, or what was received before the oldest log. */
  get most(): number | undefined {
    const { clock } = this.#options;
    const bounds: number[] = [];
    if (this.#receivedSec !== undefined) bounds.push(this.#sinceReceipt(this.#receivedSec));
    if (this.#allDeliveredMs !== undefined) {
      bounds.push(Math.round((clock.monotonicMs() - this.#allDeliveredMs) / 1000));
    }
    return bounds.length === 0 ? undefined : Math.min(...bounds);
  }

  #sinceReceipt(sec: number): number {
    return Math.max(0, Math.round(this.#options.shards.serverNowMs() / 1000 - sec));
  }
}
