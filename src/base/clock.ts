import { onAbort } from "./on_abort.ts";

/** Where time comes from. Tests inject a fake clock. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump when the host's clock is set. */
  nowMs(): number;
  /** Milliseconds since some fixed start; never jumps. For intervals and deadlines. */
  monotonicMs(): number;
  /**
   * Waits for `ms` milliseconds.
   * @throws the signal's reason, at once, when `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `setTimeout` fires at once for longer waits, so these are divided. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The host's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    let left = ms;
    for (; left > MAX_TIMER_MS; left -= MAX_TIMER_MS) await timer(MAX_TIMER_MS, signal);
    await timer(left, signal);
  },
};

async function timer(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const id = setTimeout(resolve, ms);
  using _aborting = onAbort(signal, (reason) => {
    clearTimeout(id);
    reject(reason);
  });
  await promise;
}
