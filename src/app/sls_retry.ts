import type { PlaneDeps } from "./deps.ts";
import { backoffMs } from "../base/backoff.ts";
import { describeError, UsageError } from "../base/errors.ts";
import { SlsError, type SlsErrorKind } from "../sls/sls_error.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };

/** What is not there, however often it is asked for. */
const MISSING = new Set<SlsErrorKind>(["project_missing", "logstore_missing", "shard_missing"]);

/**
 * Makes a call that may be repeated, again when it fails in a way that passes by itself; tells of each
 * failure.
 * @param tries Most tries; Infinity waits for the server as long as it takes.
 * @throws {UsageError} when what is asked for does not exist, the last failure, or the reason of `signal`.
 */
export async function retrySls<T>(
  about: string,
  tries: number,
  { clock, random, telemetry }: Pick<PlaneDeps, "clock" | "random" | "telemetry">,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await work(signal);
    } catch (error) {
      if (!(error instanceof SlsError)) throw error;
      const { kind, message, hint, passes } = error;
      if (MISSING.has(kind)) throw new UsageError(message, hint, { cause: error });
      if (!passes || attempt >= tries) throw error;
      const retryInMs = backoffMs(RETRY, attempt, random);
      telemetry({ type: "trouble", about, message: describeError(error), hint, retryInMs });
      await clock.sleep(retryInMs, signal);
    }
  }
}
