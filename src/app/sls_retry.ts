import type { Env } from "../base/env.ts";
import { UsageError } from "../base/errors.ts";
import { retry } from "../base/retry.ts";
import { SlsError, type SlsErrorKind } from "../sls/sls_error.ts";

/** What does not exist, however often it is asked for. */
const MISSING = new Set<SlsErrorKind>(["project_missing", "logstore_missing", "shard_missing"]);

/**
 * Makes a call to SLS, again while it fails in a way that passes by itself.
 * @param tries Number of tries; without end when left out.
 * @throws {UsageError} when what is asked for does not exist.
 * @throws the last failure, or the reason of `signal`.
 */
export async function retrySls<T>(
  env: Env,
  { about, tries = Infinity }: { readonly about: string; readonly tries?: number },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const mayPass = (error: unknown) => error instanceof SlsError && error.passes;
  try {
    return await retry(env, { about, tries, mayPass }, signal, () => work(signal));
  } catch (error) {
    if (!(error instanceof SlsError && MISSING.has(error.kind))) throw error;
    throw new UsageError(error.message, error.hint, { cause: error });
  }
}
