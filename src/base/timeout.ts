import type { Clock } from "./clock.ts";
import { onAbort } from "./on_abort.ts";

/** Ends the timer of work that has ended. Shared, because making one for each request is measurable. */
const DONE = new DOMException("The work has ended", "AbortError");

/** Something took longer than it was allowed to. */
export class TimedOut extends Error {
  override name = "TimedOut";

  constructor(what: string, timeoutMs: number) {
    super(`${what} took longer than ${timeoutMs} ms`);
  }
}

/** What is given how long. */
interface TimeLimit {
  /** Names the work in the error, such as `PullLogs`. */
  readonly what: string;
  readonly timeoutMs: number;
}

/**
 * Runs `work` with a signal that aborts when its time is over, or when `signal` does.
 * @throws {TimedOut} when the time is over, whatever error `work` makes of that.
 * @throws the reason of `signal` when that aborts.
 * @throws what `work` throws otherwise.
 */
export async function withTimeout<T>(
  { what, timeoutMs }: TimeLimit,
  clock: Clock,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const done = new AbortController();
  using _passing = onAbort(signal, (reason) => limit.abort(reason));
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
    await timer;
  }
}
