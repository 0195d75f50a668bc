import { decodeCursor, isCursorBefore } from "../base/cursor.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import { persist, type PersistOptions } from "./persist.ts";
import type { DataPlane, ShardsPort } from "./ports.ts";

/** Why the server does not take a cursor. */
export type GapReason =
  /** The logs at it are older than the retention. */
  | "expired"
  /** It is no cursor of SLS. */
  | "malformed"
  /** It lies in no place that the shard has: it may be of another shard or logstore. */
  | "foreign";

export interface LostDataOptions extends PersistOptions {
  readonly source: string;
  readonly shard: number;
  readonly shards: ShardsPort;
  readonly dataPlane: Pick<DataPlane, "notify">;
}

/** Longest piece of a malformed checkpoint that is repeated. */
const SHOWN_CHARS = 60;

/**
 * Whether a stored cursor is older than that of the oldest log that is kept. Asked at the start, since a server
 * may serve such a cursor from its oldest log on, and then nobody would hear of the gap.
 * @param oldest Undefined when it is not known.
 */
export function isExpired(stored: string, oldest: string | undefined): boolean {
  return oldest !== undefined && isCursorBefore(stored, oldest);
}

/** Goes on behind a cursor that leads nowhere, and says so loudly. */
export class LostData {
  readonly #options: LostDataOptions;

  constructor(options: LostDataOptions) {
    this.#options = options;
  }

  /**
   * Goes on at the oldest data there is. Never at the end: that would drop what can still be read. The
   * gap is reported, into Splunk too, before a checkpoint can pass it.
   * @param lostCursor Where reading cannot go on.
   * @param signal Ends it when nothing new may be begun.
   * @param drop Ends the report to Splunk: a shard that drains may still make it.
   * @returns false when that cursor is the oldest one itself: then nothing is lost.
   */
  async skip(
    tracker: CheckpointTracker,
    lostCursor: string,
    signal: AbortSignal,
    drop: AbortSignal,
  ): Promise<boolean> {
    const { source, shard, shards, dataPlane, telemetry, clock } = this.#options;
    const about = `${source} shard ${shard}: go on behind data that cannot be read`;
    return await persist(about, this.#options, signal, async () => {
      const resumedCursor = await shards.cursorAt(shard, "begin", signal);
      if (resumedCursor === lostCursor) return false;
      const resumedAt = timeText(await shards.cursorTimeSec(shard, resumedCursor, signal));
      const reason = reasonOf(lostCursor, resumedCursor);
      const lostAt = reason === "expired" ? await this.#timeOf(lostCursor, signal) : undefined;
      const lost = `${lostCursor}${lostAt === undefined ? "" : ` (received ${lostAt})`}`;
      const resumed = `${resumedCursor} (received ${resumedAt})`;
      const message = this.#words(reason, lost, resumed);
      telemetry({ type: "gap", source, shard, reason, lostCursor, resumedCursor, message });
      await dataPlane.notify({
        sls2hec: "gap",
        source,
        shard,
        reason,
        lost_cursor: lostCursor,
        ...(lostAt !== undefined && { lost_received_at: lostAt }),
        resumed_cursor: resumedCursor,
        resumed_received_at: resumedAt,
        reported_at: new Date(clock.nowMs()).toISOString(),
        message,
      }, drop);
      tracker.jump(resumedCursor);
      return true;
    });
  }

  /** Some servers still know when an expired log group was received. */
  async #timeOf(cursor: string, signal: AbortSignal): Promise<string | undefined> {
    const { shards, shard } = this.#options;
    try {
      return timeText(await shards.cursorTimeSec(shard, cursor, signal));
    } catch {
      signal.throwIfAborted();
      return undefined; // the usual answer: the cursor is refused here too
    }
  }

  #words(reason: GapReason, lost: string, resumed: string): string {
    const { source, shard } = this.#options;
    const where = `${source} shard ${shard}`;
    switch (reason) {
      case "expired":
        return `The logs of ${where} between cursor ${lost} and cursor ${resumed} had expired ` +
          "before they were read";
      case "malformed":
        return `The checkpoint of ${where} is ${
          JSON.stringify(lost.slice(0, SHOWN_CHARS))
        }, which is no cursor: ` +
          `expected base64 of a decimal number. Reading goes on at the oldest log, cursor ` +
          `${resumed}; logs that were read before may come twice`;
      case "foreign":
        return `The checkpoint of ${where} is cursor ${lost}, which the shard does not have: it ` +
          `may be of another shard. Reading goes on at the oldest log, cursor ${resumed}; logs ` +
          "that were read before may come twice";
    }
  }
}

function reasonOf(lostCursor: string, oldestCursor: string): GapReason {
  const [lost, oldest] = [decodeCursor(lostCursor), decodeCursor(oldestCursor)];
  if (oldest === undefined) return "expired"; // a server with cursors of its own kind
  if (lost === undefined) return "malformed";
  return lost < oldest ? "expired" : "foreign";
}

function timeText(sec: number): string {
  return new Date(sec * 1000).toISOString();
}
