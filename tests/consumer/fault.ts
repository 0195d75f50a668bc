import type { Clock } from "../../src/base/clock.ts";

/** What a fake port does in place of answering: throw, or say nothing until its caller gives up. */
export type Fault = Error | "hang";

/**
 * Waits or throws as the fault says; does nothing without one. Always obeys the caller's signal.
 * @param limit How long the port itself waits for an answer; without it, forever.
 */
export async function obey(
  fault: Fault | undefined,
  signal: AbortSignal | undefined,
  limit?: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<void> {
  signal?.throwIfAborted();
  await Promise.resolve(); // an answer never comes in the same turn
  signal?.throwIfAborted();
  if (fault instanceof Error) throw fault;
  if (fault === undefined) return;
  if (limit) {
    await limit.clock.sleep(limit.timeoutMs, signal);
    throw new Error(`no answer within ${limit.timeoutMs} ms`);
  }
  const { promise, reject } = Promise.withResolvers<never>();
  signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  await promise;
}
