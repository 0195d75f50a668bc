import { decodeCursor, isCursorBefore } from "../base/cursor.ts";
import type { Env } from "../base/env.ts";
import { retry } from "../base/retry.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { ShardSource } from "./ports.ts";

/** Why the server refuses a cursor. */
type GapReason =
  /** Its logs are older than the retention. */
  | "expired"
  /** It is not a cursor of SLS. */
  | "malformed"
  /** Not a valid position in this shard: it may belong to another shard or logstore. */
  | "foreign";

/** How much of a malformed checkpoint is shown. */
const MAX_SHOWN_CHARS = 60;

/**
 * Whether a stored cursor is older than the oldest log that is kept. Checked at the start: a server may serve such a
 * cursor from its oldest log on, and the gap would go unnoticed.
 *
 * @param oldest Undefined when unknown.
 */
export function isExpired(stored: string, oldest: string | undefined): boolean {
  return oldest !== undefined && isCursorBefore(stored, oldest);
}

/** Skips an unusable cursor and reports the gap. */
export class LostData {
  readonly #env: Env;
  readonly #source: Pick<ShardSource, "name" | "shards" | "dataPlane">;
  readonly #shard: number;

  constructor(
    env: Env,
    source: Pick<ShardSource, "name" | "shards" | "dataPlane">,
    shard: number,
  ) {
    this.#env = env;
    this.#source = source;
    this.#shard = shard;
  }

  /**
   * Continues at the oldest log that is kept. Never at the end: that would drop logs that can still be read. The gap
   * is reported, to Splunk too, before a checkpoint can pass it.
   *
   * @param lostCursor The unusable cursor.
   * @param signal Aborts when nothing new may be started.
   * @param drop Aborts the report to Splunk: a shard that drains may still make it.
   * @returns false when that cursor is the oldest one itself: then nothing is lost.
   */
  async skip(
    tracker: CheckpointTracker,
    lostCursor: string,
    signal: AbortSignal,
    drop: AbortSignal,
  ): Promise<boolean> {
    const { name: source, shards, dataPlane } = this.#source;
    const { clock, telemetry } = this.#env;
    const shard = this.#shard;
    const about = `${source} shard ${shard}: skip data that cannot be read`;
    return await retry(this.#env, { about, source, shard }, signal, async () => {
      const resumedCursor = await shards.cursorAt(shard, "begin", signal);
      if (resumedCursor === lostCursor) return false;
      const resumedAt = timeText(await shards.cursorTimeSec(shard, resumedCursor, signal));
      const reason = reasonOf(lostCursor, resumedCursor);
      const lostAt = reason === "expired" ? await this.#timeOf(lostCursor, signal) : undefined;
      const lost = `${lostCursor}${lostAt === undefined ? "" : ` (received ${lostAt})`}`;
      const resumed = `${resumedCursor} (received ${resumedAt})`;
      const message = this.#messageOf(reason, lost, resumed);
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

  /** When an expired log group was received, where the server still knows. */
  async #timeOf(cursor: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return timeText(await this.#source.shards.cursorTimeSec(this.#shard, cursor, signal));
    } catch {
      signal.throwIfAborted();
      return undefined; // as usual: the cursor is refused here too
    }
  }

  #messageOf(reason: GapReason, lost: string, resumed: string): string {
    const where = `${this.#source.name} shard ${this.#shard}`;
    switch (reason) {
      case "expired":
        return `The logs of ${where} between cursor ${lost} and cursor ${resumed} had expired ` +
          "before they were read";
      case "malformed":
        return `The checkpoint of ${where} is ${
          JSON.stringify(lost.slice(0, MAX_SHOWN_CHARS))
        }, which is not a cursor: ` +
          `expected base64 of a decimal number. Reading continues at the oldest log, cursor ` +
          `${resumed}; logs may be delivered twice`;
      case "foreign":
        return `The checkpoint of ${where} is cursor ${lost}, which is outside the shard: it may ` +
          `belong to another shard. Reading continues at the oldest log, cursor ${resumed}; logs ` +
          "may be delivered twice";
    }
  }
}

function reasonOf(lostCursor: string, oldestCursor: string): GapReason {
  const [lost, oldest] = [decodeCursor(lostCursor), decodeCursor(oldestCursor)];
  if (oldest === undefined) return "expired"; // a server whose cursors are not numbers
  if (lost === undefined) return "malformed";
  return lost < oldest ? "expired" : "foreign";
}

function timeText(sec: number): string {
  return new Date(sec * 1000).toISOString();
}
