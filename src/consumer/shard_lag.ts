import type { Clock } from "../base/clock.ts";
import { withTimeout } from "../base/timeout.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { ShardsPort } from "./ports.ts";

/** After this long without an answer to a pull, a shard is no longer known to be at its end. */
const SILENT_MS = 30_000;
/** How long an answer of the server is reused. */
const REUSED_MS = 20_000;

interface ShardLagOptions {
  readonly shard: number;
  /** Says before which cursor everything is delivered, and how many pages are not. */
  readonly tracker: Pick<CheckpointTracker, "reached" | "open">;
  readonly shards: Pick<ShardsPort, "cursorTimeSec" | "serverNowMs">;
  readonly clock: Clock;
}

/**
 * The age of the oldest log of a shard that is not delivered, counted from its receipt by the server's clock. While
 * the server does not answer, it is an upper bound, which grows.
 */
export class ShardLag {
  readonly #options: ShardLagOptions;
  /** The last pull found nothing new. */
  #caughtUp = false;
  #lastAnswerMs: number;
  /** When everything that the server had was delivered, by the monotonic clock. */
  #allDeliveredMs: number | undefined;
  /** Receipt of the log at `#askedCursor`; every log before it is delivered. */
  #receivedSec: number | undefined;
  #askedCursor: string | undefined;
  #askedMs = -Infinity;

  constructor(options: ShardLagOptions) {
    this.#options = options;
    this.#lastAnswerMs = options.clock.monotonicMs();
  }

  /** A page was pulled. */
  pulled(): void {
    this.#caughtUp = false;
    this.#lastAnswerMs = this.#options.clock.monotonicMs();
  }

  /** A pull found nothing new. */
  caughtUp(): void {
    this.#caughtUp = true;
    this.#lastAnswerMs = this.#options.clock.monotonicMs();
    this.done();
  }

  /** A page is done. */
  done(): void {
    const { tracker } = this.#options;
    if (this.#caughtUp && tracker.open === 0) this.#allDeliveredMs = this.#lastAnswerMs;
  }

  /** Whether there is more to read or to deliver. */
  get isBehind(): boolean {
    return !this.#caughtUp || this.#options.tracker.open > 0;
  }

  /** Whether the shard was at its end, but so long ago that there may be more to read. */
  get isSilent(): boolean {
    return !this.isBehind &&
      this.#options.clock.monotonicMs() - this.#lastAnswerMs >= SILENT_MS;
  }

  /**
   * Asks the server for the lag.
   *
   * @returns seconds; 0 when there is no lag.
   * @throws the failure of the server's answer, or the reason of `signal`.
   */
  async ask(signal: AbortSignal): Promise<number> {
    if (!this.isBehind && !this.isSilent) return 0;
    const { shard, tracker, shards, clock } = this.#options;
    const { reached } = tracker;
    const nowMs = clock.monotonicMs();
    if (reached !== this.#askedCursor || nowMs - this.#askedMs >= REUSED_MS) {
      // At the end of the shard, where there is no log yet, the answer is the server's time.
      this.#receivedSec = await shards.cursorTimeSec(shard, reached, signal);
      this.#askedCursor = reached;
      this.#askedMs = nowMs;
    }
    return this.#sinceReceipt(this.#receivedSec!);
  }

  /**
   * As `ask`, but falls back to the upper bound when the server does not answer in time.
   *
   * @param timeoutMs How long to wait for the answer; 0 or less does not ask.
   * @returns seconds; undefined when nothing is known.
   */
  async sec(signal: AbortSignal, timeoutMs: number): Promise<number | undefined> {
    if (timeoutMs <= 0) return this.upperBoundSec;
    const limit = { what: "The lag", timeoutMs };
    try {
      return await withTimeout(limit, this.#options.clock, signal, (signal) => this.ask(signal));
    } catch {
      signal.throwIfAborted(); // failures are reported where the shard is read
      return this.upperBoundSec;
    }
  }

  /** The longest lag that fits what is known: the last full delivery, and the receipt of a delivered log. */
  get upperBoundSec(): number | undefined {
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
