import type { PageHead } from "../sls/pull_logs.ts";
import { advanceCursor, groupsBetween } from "../base/cursor.ts";

/** From here on a page is full, as the vendor's consumers see it. */
const FULL_PAGE_BYTES = 4 * 1024 * 1024;
/** A page with less than both is not full: without word from the server, pause as those consumers do. */
const SMALL_PAGE_BYTES = 1024 * 1024;
const SMALL_PAGE_GROUPS = 100;
const SMALL_PAGE_PAUSE_MS = 500;

/**
 * How long to wait before the next pull: not at all while there is more. Guided by where the server says
 * the end is, else by how full the page was, before a query took some of it away.
 * @param count Log groups that were asked for.
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

/** Whether the page ends where arithmetic says that a page full by number does: cursors count log groups. */
export function isFullByCount(page: PageHead, cursor: string, count: number): boolean {
  return page.endOfShard !== true && page.nextCursor === guessNext(cursor, count);
}

/**
 * The cursor behind a page that is full by number. A guess: what is pulled there may be used only when the
 * page before ends at exactly this cursor.
 * @returns undefined when the cursor is not a number.
 */
export function guessNext(cursor: string, count: number): string | undefined {
  return advanceCursor(cursor, count);
}

/** Log groups that the server read for a page; those it does not tell of are told by its cursors. */
function groupsRead({ scannedGroups, nextCursor, unfiltered }: PageHead, cursor: string): number {
  const distance = unfiltered ? 0 : groupsBetween(cursor, nextCursor) ?? 0;
  return Math.max(scannedGroups, distance);
}
