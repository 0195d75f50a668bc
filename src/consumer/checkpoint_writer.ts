import { Backoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { TimedOut, withTimeout } from "../base/timeout.ts";
import { Incident, RETRIED } from "../base/incident.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { GroupPort, ShardSource } from "./ports.ts";
import type { ShardLease } from "./shard_lease.ts";

/** Tries of the last write of a shard, and the waits between them. Both vendor libraries retry three times. */
const LAST_WRITE_TRIES = 3;
const LAST_WRITE_RETRY = { baseMs: 200, capMs: 1000 };
/** For all tries together: a server that hangs must not keep the program from stopping. */
const LAST_WRITE_TIMEOUT_MS = 5000;

const GIVEN_UP = "It is given up: logs delivered since the last checkpoint will be delivered again";

/** What the writer needs of its source. */
type WriterSource = Pick<
  ShardSource,
  "name" | "consumer" | "checkpointIntervalMs" | "group" | "ledger"
>;

/** The shard whose checkpoint is written. */
interface WrittenShard {
  readonly lease: ShardLease;
  readonly tracker: CheckpointTracker;
  /** Called after each checkpoint that was written. */
  readonly onWritten: () => void;
}

/** Writes a shard's checkpoint as its tracker moves. A refusal means that the lease is lost. */
export class CheckpointWriter {
  readonly #env: Env;
  readonly #source: WriterSource;
  readonly #lease: ShardLease;
  readonly #tracker: CheckpointTracker;
  readonly #onWritten: () => void;
  readonly #sleep: InterruptibleSleep;
  readonly #writing: Incident;
  /** Write the checkpoint even if it is written already. */
  #again = false;

  constructor(env: Env, source: WriterSource, { lease, tracker, onWritten }: WrittenShard) {
    this.#env = env;
    this.#source = source;
    this.#lease = lease;
    this.#tracker = tracker;
    this.#onWritten = onWritten;
    this.#sleep = new InterruptibleSleep(env.clock);
    const { shard } = lease;
    const about = `${source.name} shard ${shard}: write the checkpoint`;
    this.#writing = new Incident(env, about, { source: source.name, shard });
  }

  /** Whether a page is not done, or the checkpoint is not written up to here. */
  get pending(): boolean {
    return this.#tracker.due !== undefined || this.#tracker.open > 0;
  }

  /** Writes what is due without waiting for the interval. */
  writeNow(): void {
    this.#sleep.wake();
  }

  /** Writes the checkpoint once more, even if it has not moved. */
  writeAgain(): void {
    this.#again = true;
    this.#sleep.wake();
  }

  /** Writes at the interval, and at once at the start, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { checkpointIntervalMs } = this.#source;
    for (;;) {
      signal.throwIfAborted();
      const failure = await this.#writeIfDue(signal);
      if (failure) {
        const retryInMs = checkpointIntervalMs;
        this.#writing.failed(failure.error, { hint: RETRIED, retryInMs });
      }
      await this.#sleep.sleep(checkpointIntervalMs, signal);
    }
  }

  /**
   * Writes what is due, for the last time. If it cannot be written, logs are delivered twice, not lost.
   *
   * @param maxMs The longest that it may take, if that is less than the usual limit.
   */
  async flush(maxMs = LAST_WRITE_TIMEOUT_MS): Promise<void> {
    const { lost } = this.#lease;
    const { clock } = this.#env;
    try {
      await withTimeout(
        { what: "The last write", timeoutMs: Math.min(maxMs, LAST_WRITE_TIMEOUT_MS) },
        clock,
        lost,
        (signal) => this.#flush(signal),
      );
    } catch (error) {
      if (lost.aborted) return;
      if (!(error instanceof TimedOut)) throw error;
      this.#giveUp(error);
    }
  }

  async #flush(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(LAST_WRITE_RETRY, this.#env);
    for (;;) {
      const failure = await this.#writeIfDue(signal);
      if (!failure) return;
      const retryInMs = backoff.failed();
      if (backoff.failures === LAST_WRITE_TRIES) return this.#giveUp(failure.error);
      this.#writing.failed(failure.error, { hint: RETRIED, retryInMs });
      await this.#env.clock.sleep(retryInMs, signal);
    }
  }

  /**
   * Writes nothing once the lease is lost.
   *
   * @returns the failure when it is unknown whether the cursor was written.
   */
  async #writeIfDue(signal: AbortSignal): Promise<{ readonly error: unknown } | undefined> {
    const { name: source, consumer, group } = this.#source;
    const { telemetry } = this.#env;
    const { shard, lost } = this.#lease;
    if (this.#due === undefined || !this.#lease.isValid) return undefined;
    let cursor: string;
    let answer: Awaited<ReturnType<GroupPort["writeCheckpoint"]>>;
    try {
      await this.#cover();
      if (!this.#lease.isValid) return undefined;
      cursor = this.#due; // everything before it is in the ledger
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
    this.#writing.recovered();
    telemetry({ type: "checkpoint_written", source, shard, cursor });
    this.#onWritten();
    return undefined;
  }

  get #due(): string | undefined {
    return this.#again ? this.#tracker.reached : this.#tracker.due;
  }

  /** Records in the ledger what the checkpoint will cover, before it is written. */
  async #cover(): Promise<void> {
    const { name: source, consumer, ledger } = this.#source;
    const { shard } = this.#lease;
    for (let range = this.#tracker.uncovered; range; range = this.#tracker.uncovered) {
      await ledger.cover(source, shard, consumer, range);
      this.#tracker.covered();
    }
  }

  #giveUp(error: unknown): void {
    this.#writing.failed(error, { hint: GIVEN_UP, retryInMs: 0, instead: { hint: GIVEN_UP } });
  }
}
