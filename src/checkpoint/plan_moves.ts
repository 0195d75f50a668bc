import { UsageError } from "../base/errors.ts";
import { decodeCursor, type ShardStart } from "../base/cursor.ts";
import type { ShardView } from "./group_view.ts";
import type { CheckpointSource } from "./ports.ts";
import { placeOf } from "./shard_report.ts";

/** Where to move checkpoints: to a place in each shard, or to a cursor of one shard. */
export type MoveTarget = { readonly place: ShardStart } | { readonly cursor: string };

/** The move of one checkpoint. */
export interface Move {
  readonly shard: number;
  /** The checkpoint now; empty when there is none. */
  readonly from: string;
  readonly to: string;
}

/**
 * Plans what a command will write, shard by shard, including checkpoints that are there already.
 *
 * @throws {UsageError} when the cursor is malformed, or outside its shard.
 */
export async function planMoves(
  source: CheckpointSource,
  views: readonly ShardView[],
  target: MoveTarget,
): Promise<Move[]> {
  const moves: Move[] = [];
  for (const { shard, cursor } of views) {
    const to = "cursor" in target
      ? await checked(source, shard, target.cursor)
      : await source.call((signal) => source.shards.cursorAt(shard, target.place, signal));
    moves.push({ shard, from: cursor, to });
  }
  return moves;
}

/**
 * Checks the form of a cursor.
 *
 * @throws {UsageError} when it is not a cursor.
 */
export function checkCursor(cursor: string): void {
  if (decodeCursor(cursor) !== undefined) return;
  throw new UsageError(
    `Cannot use ${
      JSON.stringify(cursor)
    } as a cursor: expected base64 of a decimal number, such as ` +
      "MTQ0NzMyOTQwMTEwMjEzMDkwNA==",
    "Take one from `sls2hec checkpoint show`, a ledger or a dead letter, or give --to",
  );
}

async function checked(
  { name, shards, call }: CheckpointSource,
  shard: number,
  cursor: string,
): Promise<string> {
  checkCursor(cursor);
  const begin = await call((signal) => shards.cursorAt(shard, "begin", signal));
  const end = await call((signal) => shards.cursorAt(shard, "end", signal));
  const place = placeOf(cursor, begin, end);
  if (place === "inside" || place === "at_end") return cursor;
  throw new UsageError(
    `Cannot set ${name} shard ${shard} to cursor ${cursor}: the shard's logs are from ${begin} ` +
      `to ${end}`,
    "Give a cursor of this shard, or --to begin, end or a time",
  );
}
