/** Where time comes from. Tests hand in one whose hands they move themselves. */
export interface Clock {
  /** Wall time in milliseconds since 1970; may jump when the host's clock is set. */
  nowMs(): number;
  /** Milliseconds from some fixed start; never jumps. For intervals and deadlines. */
  monotonicMs(): number;
  /**
   * Waits for `ms` milliseconds.
   * @throws the signal's reason, at once, when `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `setTimeout` fires at once for more than this (2^31 - 1 ms), so longer waits are cut into pieces. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The host's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    let left = ms;
    for (; left > LONGEST_TIMER_MS; left -= LONGEST_TIMER_MS) await timer(LONGEST_TIMER_MS, signal);
    await timer(left, signal);
  },
};

function timer(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const abort = () => {
    clearTimeout(id);
    reject(signal?.reason);
  };
  const id = setTimeout(() => {
    signal?.removeEventListener("abort", abort);
    resolve();
  }, ms);
  signal?.addEventListener("abort", abort, { once: true });
  return promise;
}
