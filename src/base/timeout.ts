import type { Clock } from "./clock.ts";

/** Why the timer ends when the work has ended first: one for all, as every request makes a timer. */
const DONE = new DOMException("The work has ended", "AbortError");

/** Something took longer than it was allowed to. */
export class TimedOut extends Error {
  override name = "TimedOut";

  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`);
  }
}

/**
 * Runs `work` with a signal that aborts after `timeoutMs`, or when `signal` does.
 * @param what Names the work in the error, such as `PullLogs`.
 * @throws {TimedOut} when the time is over, the reason of `signal` when that aborts, whatever `work` makes
 * of its own signal; otherwise what `work` throws.
 */
export async function withTimeout<T>(
  what: string,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const done = new AbortController();
  const pass = () => limit.abort(signal?.reason);
  signal?.addEventListener("abort", pass, { once: true });
  const timer = (async () => {
    try {
      await clock.sleep(timeoutMs, done.signal);
    } catch {
      return; // the work ended first: `done` is the only thing that ends this sleep early
    }
    limit.abort(new TimedOut(what, timeoutMs));
  })();
  try {
    return await work(limit.signal);
  } catch (error) {
    limit.signal.throwIfAborted();
    throw error;
  } finally {
    done.abort(DONE);
    signal?.removeEventListener("abort", pass);
    await timer;
  }
}
