/** How waits grow between tries. */
export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly capMs: number;
}

/**
 * The wait before try number `attempt` + 1, with full jitter: evenly spread from 0 to the bound, so
 * that many clients that failed together do not come back together.
 * @param attempt Failed tries so far, from 1.
 * @param random Gives numbers from 0 (inclusive) to 1 (exclusive).
 * @param floorMs What the other side asked to wait (`Retry-After`); the jitter comes on top of it.
 */
export function backoffMs(
  { baseMs, capMs }: BackoffOptions,
  attempt: number,
  random: () => number,
  floorMs = 0,
): number {
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return floorMs + Math.round(random() * bound);
}
