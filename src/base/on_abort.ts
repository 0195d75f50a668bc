const NOTHING: Disposable = { [Symbol.dispose]() {} };

/**
 * Runs a function once when a signal aborts; at once if it has aborted already.
 *
 * ```ts ignore
 * using _closing = onAbort(signal, () => connection.close());
 * ```
 * @param signal Undefined: never aborts.
 * @param run Receives the signal's reason.
 * @returns disposing it removes the listener.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  run: (reason: unknown) => void,
): Disposable {
  if (!signal) return NOTHING;
  if (signal.aborted) {
    run(signal.reason);
    return NOTHING;
  }
  const listener = () => run(signal.reason);
  signal.addEventListener("abort", listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

/** Waits until a signal aborts. Resolves then: it does not throw the reason. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _waiting = onAbort(signal, () => resolve());
  await promise;
}

/**
 * Waits for a promise, but no longer than until a signal aborts.
 * @throws the signal's reason as soon as it aborts.
 */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  using _aborting = onAbort(signal, reject);
  return await Promise.race([promise, aborted]);
}
