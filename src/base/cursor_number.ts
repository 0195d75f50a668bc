/**
 * The number in a cursor: SLS cursors are base64 of a decimal that counts log groups, each shard for itself.
 * @returns undefined for a cursor of another kind.
 */
export function cursorNumber(cursor: string): bigint | undefined {
  try {
    const text = atob(cursor);
    return /^\d{1,30}$/.test(text) ? BigInt(text) : undefined;
  } catch {
    return undefined; // not base64
  }
}
