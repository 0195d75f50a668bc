import { backoffMs } from "../base/backoff.ts";
import { hintOf } from "../base/operator_error.ts";
import { TimedOut, withTimeout } from "../base/timeout.ts";
import { troubleOf } from "../base/trouble_of.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { PersistOptions } from "./persist.ts";
import type { GroupPort, LedgerPort } from "./ports.ts";
import type { ShardLease } from "./shard_lease.ts";

/** Tries of the last write of a shard, and the waits between them; both vendor libraries try thrice. */
const LAST_WRITE_TRIES = 3;
const LAST_WRITE_RETRY = { baseMs: 200, capMs: 1000 };
/** All of them together: a server that hangs must not keep the program from stopping. */
const LAST_WRITE_TIMEOUT_MS = 5000;

const TRIED_AGAIN = "It is tried again";
const GIVEN_UP = "It is given up: what was delivered since the last checkpoint will come twice";

export interface CheckpointWriterOptions extends PersistOptions {
  readonly source: string;
  readonly consumer: string;
  readonly checkpointIntervalMs: number;
  readonly group: Pick<GroupPort, "checkpoint" | "writeCheckpoint">;
  readonly ledger: LedgerPort;
}

/** Writes a shard's checkpoint as its tracker moves. A refusal means that the lease is lost. */
export class CheckpointWriter {
  readonly #lease: ShardLease;
  readonly #tracker: CheckpointTracker;
  readonly #options: CheckpointWriterOptions;
  readonly #onWritten: () => void;
  readonly #wake: InterruptibleSleep;
  #failing = false;
  /** Write what is reached also when it is written already. */
  #again = false;

  /** @param onWritten Told after each checkpoint that was written. */
  constructor(
    lease: ShardLease,
    tracker: CheckpointTracker,
    options: CheckpointWriterOptions,
    onWritten: () => void = () => {},
  ) {
    this.#lease = lease;
    this.#tracker = tracker;
    this.#options = options;
    this.#onWritten = onWritten;
    this.#wake = new InterruptibleSleep(options.clock);
  }

  /** Whether something is not written yet. */
  get pending(): boolean {
    return this.#tracker.due !== undefined || this.#tracker.open > 0;
  }

  /** Writes what is due without waiting for the interval. */
  hurry(): void {
    this.#wake.wake();
  }

  /** Writes the checkpoint once more though it stands already. */
  writeAgain(): void {
    this.#again = true;
    this.#wake.wake();
  }

  /** Writes at the interval, and at once at the start, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { checkpointIntervalMs } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const failure = await this.#writeIfDue(signal);
      if (failure) this.#tell(failure.error, TRIED_AGAIN, checkpointIntervalMs);
      await this.#wake.sleep(checkpointIntervalMs, signal);
    }
  }

  /**
   * Writes what is due, for the last time. What cannot be written will be delivered twice, not lost.
   * @param mostMs The longest that it may take, when that is less than the usual limit.
   */
  async flush(mostMs = LAST_WRITE_TIMEOUT_MS): Promise<void> {
    const { lost } = this.#lease;
    const { clock } = this.#options;
    try {
      await withTimeout(
        { what: "The last write", timeoutMs: Math.min(mostMs, LAST_WRITE_TIMEOUT_MS) },
        clock,
        lost,
        (signal) => this.#flush(signal),
      );
    } catch (error) {
      if (lost.aborted) return;
      if (!(error instanceof TimedOut)) throw error;
      this.#tell(error, GIVEN_UP, 0);
    }
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 1;; attempt++) {
      const failure = await this.#writeIfDue(signal);
      if (!failure) return;
      if (attempt === LAST_WRITE_TRIES) return this.#tell(failure.error, GIVEN_UP, 0);
      const retryInMs = backoffMs(LAST_WRITE_RETRY, attempt, random);
      this.#tell(failure.error, TRIED_AGAIN, retryInMs);
      await clock.sleep(retryInMs, signal);
    }
  }

  /**
   * Writes nothing once the lease is lost.
   * @returns the failure when it is not known whether the cursor was written.
   */
  async #writeIfDue(signal: AbortSignal): Promise<{ readonly error: unknown } | undefined> {
    const { source, consumer, group, telemetry } = this.#options;
    const { shard, lost } = this.#lease;
    if (this.#due === undefined || !this.#lease.held) return undefined;
    let cursor: string;
    let answer: Awaited<ReturnType<GroupPort["writeCheckpoint"]>>;
    try {
      await this.#vouch();
      if (!this.#lease.held) return undefined;
      cursor = this.#due; // all before it is vouched for now
      const ended = AbortSignal.any([lost, signal]);
      answer = await group.writeCheckpoint(consumer, shard, cursor, ended);
    } catch (error) {
      if (lost.aborted) return undefined;
      signal.throwIfAborted();
      return { error };
    }
    if (answer.kind === "refused") {
      this.#lease.lose(answer.message);
      telemetry({ type: "leases_lost", source, shards: [shard], reason: answer.message });
      return undefined;
    }
    this.#again = false;
    this.#tracker.written(cursor);
    if (this.#failing) telemetry({ type: "recovered", about: this.#about });
    this.#failing = false;
    telemetry({ type: "checkpoint_written", source, shard, cursor });
    this.#onWritten();
    return undefined;
  }

  get #due(): string | undefined {
    return this.#again ? this.#tracker.reached : this.#tracker.due;
  }

  /** Has the ledger keep what the checkpoint will cover, before it does. */
  async #vouch(): Promise<void> {
    const { source, consumer, ledger } = this.#options;
    const { shard } = this.#lease;
    for (let range = this.#tracker.uncovered; range; range = this.#tracker.uncovered) {
      await ledger.cover(source, shard, consumer, range);
      this.#tracker.covered();
    }
  }

  #tell(error: unknown, otherHint: string, retryInMs: number): void {
    this.#failing = true;
    const hint = retryInMs > 0 ? hintOf(error, otherHint) : otherHint;
    const { source, telemetry } = this.#options;
    const { shard } = this.#lease;
    telemetry(troubleOf(this.#about, error, otherHint, retryInMs, { hint, source, shard }));
  }

  get #about(): string {
    return `${this.#options.source} shard ${this.#lease.shard}: write the checkpoint`;
  }
}
