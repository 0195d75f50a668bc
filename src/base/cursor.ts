/**
 * Cursors of SLS: base64 of a decimal number that counts log groups, separately in each shard. The official SDKs treat
 * them as opaque, so everything here also works for a server with another kind: it then returns undefined.
 */

/** Where reading a shard starts: at an end, or at the first log group that SLS received at or after a second. */
export type ShardStart = "begin" | "end" | { readonly unixSec: number };

/**
 * The number in a cursor.
 * @returns undefined for a cursor of another kind.
 */
export function decodeCursor(cursor: string): bigint | undefined {
  try {
    const text = atob(cursor);
    return /^\d{1,30}$/.test(text) ? BigInt(text) : undefined;
  } catch {
    return undefined; // not base64
  }
}

/** The cursor with a number. */
export function encodeCursor(number: bigint): string {
  return btoa(String(number));
}

/**
 * The cursor of the log group before a cursor's.
 * @returns undefined when there is none, or for a cursor of another kind.
 */
export function cursorBefore(cursor: string): string | undefined {
  const number = decodeCursor(cursor);
  return number === undefined || number === 0n ? undefined : encodeCursor(number - 1n);
}

/**
 * The cursor `groups` log groups after a cursor.
 * @returns undefined for a cursor of another kind.
 */
export function advanceCursor(cursor: string, groups: number): string | undefined {
  const number = decodeCursor(cursor);
  return number === undefined ? undefined : encodeCursor(number + BigInt(groups));
}

/**
 * Log groups from one cursor to another; negative when `to` is before `from`.
 * @returns undefined when one of them is of another kind.
 */
export function groupsBetween(from: string, to: string): number | undefined {
  const [start, end] = [decodeCursor(from), decodeCursor(to)];
  return start === undefined || end === undefined ? undefined : Number(end - start);
}

/**
 * Whether a cursor is before another one.
 * @returns false when they cannot be compared.
 */
export function isCursorBefore(cursor: string, other: string): boolean {
  const groups = groupsBetween(cursor, other);
  return groups !== undefined && groups > 0;
}

/** Whether a cursor is at or behind an end. Cursors of another kind can only be equal. */
export function hasReached(cursor: string, end: string): boolean {
  if (cursor === end) return true;
  const groups = groupsBetween(cursor, end);
  return groups !== undefined && groups <= 0;
}
