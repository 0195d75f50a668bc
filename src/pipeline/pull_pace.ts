import type { PageHead } from "../sls/pull_logs.ts";
import { advanceCursor, groupsBetween } from "../base/cursor.ts";

/** A page of this size counts as full, as in the vendor's consumers. */
const FULL_PAGE_BYTES = 4 * 1024 * 1024;
/** A page below both is not full: if the server does not say whether there is more, pause as those consumers do. */
const SMALL_PAGE_BYTES = 1024 * 1024;
const SMALL_PAGE_GROUPS = 100;
const SMALL_PAGE_PAUSE_MS = 500;

/**
 * Delay before the next pull, in milliseconds; 0 while there is more. It depends on the end of the shard if the server
 * says it, otherwise on how full the page was before a query.
 * @param count Log groups that were requested.
 */
export function nextPullDelay(
  page: PageHead,
  cursor: string,
  count: number,
  fetchIntervalMs: number,
): number {
  const { nextCursor, endOfShard, scannedBytes } = page;
  if (nextCursor === cursor) return fetchIntervalMs;
  const groups = groupsRead(page, cursor);
  if (groups >= count || scannedBytes >= FULL_PAGE_BYTES) return 0;
  if (endOfShard !== undefined) return endOfShard ? fetchIntervalMs : 0;
  const small = scannedBytes < SMALL_PAGE_BYTES && groups < SMALL_PAGE_GROUPS;
  return small ? Math.min(fetchIntervalMs, SMALL_PAGE_PAUSE_MS) : 0;
}

/** Whether the page has as many log groups as requested, by its cursors, which count log groups. */
export function isFullByCount(page: PageHead, cursor: string, count: number): boolean {
  return page.endOfShard !== true && page.nextCursor === guessNext(cursor, count);
}

/**
 * The cursor after a page with as many log groups as requested. This is a guess: what is pulled there may be used only
 * if the page before ends at exactly this cursor.
 * @returns undefined for a cursor that is not a number.
 */
export function guessNext(cursor: string, count: number): string | undefined {
  return advanceCursor(cursor, count);
}

/** Number of log groups that the server read for a page, as it says or as its cursors show. */
function groupsRead({ scannedGroups, nextCursor, unfiltered }: PageHead, cursor: string): number {
  const distance = unfiltered ? 0 : groupsBetween(cursor, nextCursor) ?? 0;
  return Math.max(scannedGroups, distance);
}
