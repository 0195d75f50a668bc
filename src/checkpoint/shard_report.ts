import { cursorBefore, decodeCursor } from "../base/cursor.ts";
import { SlsError } from "../sls/sls_error.ts";
import type { ShardView } from "./group_view.ts";
import type { CheckpointSource } from "./ports.ts";

/** Where a checkpoint is in its shard. */
type CheckpointPlace =
  /** No checkpoint: consumer.start applies. */
  | "none"
  | "inside"
  /** Everything is read. */
  | "at_end"
  /** Before the oldest log that is kept: the logs between have expired unread. */
  | "expired"
  /** After the end: a checkpoint of another shard, or of a logstore that was deleted and created again. */
  | "beyond_end"
  /** Not a cursor. */
  | "malformed";

/** A shard's checkpoint, with its progress. */
export interface ShardReport extends ShardView {
  readonly place: CheckpointPlace;
  /** When the last log group before the checkpoint was received, in seconds since 1970. */
  readonly timeSec: number | undefined;
  /** Seconds since SLS received the oldest log that is not committed, by the server's clock; 0 at the end. */
  readonly lagSec: number | undefined;
}

/**
 * Finds how far a shard is read: the time of the log group before the checkpoint. If that one has expired, the oldest
 * log group is used instead.
 */
export async function reportShard(
  { shards, call }: CheckpointSource,
  view: ShardView,
): Promise<ShardReport> {
  const { shard, cursor } = view;
  if (cursor === "") return { ...view, place: "none", timeSec: undefined, lagSec: undefined };
  const begin = await call((signal) => shards.cursorAt(shard, "begin", signal));
  const end = await call((signal) => shards.cursorAt(shard, "end", signal));
  const place = placeOf(cursor, begin, end);
  if (place === "malformed") return { ...view, place, timeSec: undefined, lagSec: undefined };
  const timeAt = async (at: string | undefined) => {
    if (at === undefined) return undefined;
    try {
      return await call((signal) => shards.cursorTimeSec(shard, at, signal));
    } catch (error) {
      // It has expired in the meantime, or never existed.
      if (error instanceof SlsError && error.kind === "invalid_cursor") return undefined;
      throw error;
    }
  };
  if (place === "at_end" || place === "beyond_end") {
    const timeSec = sameCursor(begin, end) ? undefined : await timeAt(cursorBefore(end));
    return { ...view, place, timeSec, lagSec: place === "at_end" ? 0 : undefined };
  }
  const oldest = place === "inside" ? cursor : begin;
  const oldestSec = await timeAt(oldest);
  const lagSec = oldestSec === undefined
    ? undefined
    : Math.max(0, Math.round(shards.serverNowMs() / 1000 - oldestSec));
  const timeSec = sameCursor(oldest, begin) ? oldestSec : await timeAt(cursorBefore(cursor));
  return { ...view, place, timeSec, lagSec };
}

/** Where a cursor is between the ends of its shard. */
export function placeOf(cursor: string, begin: string, end: string): CheckpointPlace {
  const [at, first, last] = [decodeCursor(cursor), decodeCursor(begin), decodeCursor(end)];
  if (at === undefined || first === undefined || last === undefined) return "malformed";
  if (at === last) return "at_end";
  if (at > last) return "beyond_end";
  return at < first ? "expired" : "inside";
}

function sameCursor(a: string, b: string): boolean {
  return decodeCursor(a) === decodeCursor(b);
}
