import type { Clock } from "./clock.ts";

/** Far more than a free file needs. */
const WAIT_MS = 1000;

/** What is needed of a file; `tryLockSync` is not in every version of Deno. */
export interface Lockable {
  lock(exclusive: boolean): Promise<void>;
  tryLockSync?(exclusive: boolean): boolean;
}

/**
 * Locks a file for this program alone, unless another one holds it. The lock ends with the file's closing; close it
 * when false comes too. Where Deno (such as 2.6) can only wait for a lock, a short wait tells, and what still waits
 * then ends with the file.
 */
export async function tryLock(file: Lockable, clock: Clock): Promise<boolean> {
  if (file.tryLockSync) return file.tryLockSync(true);
  const enough = new AbortController();
  const locked = file.lock(true).then(() => true);
  const late = clock.sleep(WAIT_MS, enough.signal).then(() => false);
  try {
    return await Promise.race([locked, late]);
  } finally {
    // What lost the race has nobody else to meet its failure.
    Promise.allSettled([locked, late]);
    enough.abort();
  }
}
