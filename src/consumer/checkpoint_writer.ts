import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, hintOf } from "../base/hinted_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { GroupPort, LedgerPort } from "./ports.ts";
import type { ShardLease } from "./shard_lease.ts";

/** Tries of the last write of a shard, and the waits between them; both vendor libraries try thrice. */
const LAST_WRITE_TRIES = 3;
const LAST_WRITE_RETRY = { baseMs: 200, capMs: 1000 };

export interface CheckpointWriterOptions {
  readonly source: string;
  readonly consumer: string;
  readonly checkpointIntervalMs: number;
  readonly group: GroupPort;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** Writes a shard's checkpoint as its tracker moves. A refusal means that the lease is lost. */
export class CheckpointWriter {
  readonly #lease: ShardLease;
  readonly #tracker: CheckpointTracker;
  readonly #options: CheckpointWriterOptions;
  #failing = false;

  constructor(lease: ShardLease, tracker: CheckpointTracker, options: CheckpointWriterOptions) {
    this.#lease = lease;
    this.#tracker = tracker;
    this.#options = options;
  }

  /** Whether something is not written yet. */
  get pending(): boolean {
    return this.#tracker.due !== undefined || this.#tracker.open > 0;
  }

  /** Writes at the interval, and at once at the start, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      await this.#writeIfDue();
      await this.#options.clock.sleep(this.#options.checkpointIntervalMs, signal);
    }
  }

  /** Writes what is due, for the last time. What cannot be written will be delivered twice, not lost. */
  async flush(): Promise<void> {
    const { clock, random } = this.#options;
    for (let attempt = 1; attempt <= LAST_WRITE_TRIES; attempt++) {
      if (await this.#writeIfDue()) return;
      if (attempt < LAST_WRITE_TRIES) {
        await clock.sleep(backoffMs(LAST_WRITE_RETRY, attempt, random));
      }
    }
  }

  /** @returns whether nothing is left to try. */
  async #writeIfDue(): Promise<boolean> {
    const { source, consumer, group, ledger, telemetry, checkpointIntervalMs } = this.#options;
    const { shard, lost } = this.#lease;
    const cursor = this.#tracker.due;
    if (cursor === undefined || lost.aborted) return true;
    const about = `${source} shard ${shard}: write the checkpoint`;
    let answer: Awaited<ReturnType<GroupPort["writeCheckpoint"]>>;
    try {
      answer = await group.writeCheckpoint(consumer, shard, cursor, lost);
    } catch (error) {
      if (lost.aborted) return true;
      this.#failing = true;
      telemetry({
        type: "trouble",
        about,
        message: describeError(error),
        hint: hintOf(error, "It is tried again"),
        retryInMs: checkpointIntervalMs,
      });
      return false;
    }
    if (answer.kind === "refused") {
      this.#lease.lose(answer.message);
      telemetry({ type: "leases_lost", source, reason: answer.message });
      return true;
    }
    this.#tracker.written(cursor);
    if (this.#failing) telemetry({ type: "recovered", about });
    this.#failing = false;
    telemetry({ type: "checkpoint_written", source, shard, cursor });
    await ledger.checkpointWritten(source, shard, cursor);
    return true;
  }
}
