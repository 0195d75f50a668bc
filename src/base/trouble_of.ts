import { describeError, hintOf, OperatorError } from "./errors.ts";
import type { TelemetryEvent } from "./telemetry.ts";

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

const NOTHING_KNOWN = { troubleCause: undefined, isHeld: false };

/**
 * The report of an error after which something is tried again.
 * @param about Names what is tried, the same for each try.
 * @param hint For an error without one of its own.
 * @param more Whom it hits, and what else there is to say.
 */
export function troubleOf(
  about: string,
  error: unknown,
  hint: string,
  retryInMs: number,
  more: Partial<Trouble> = {},
): Trouble {
  const { troubleCause: cause, isHeld } = error instanceof OperatorError ? error : NOTHING_KNOWN;
  return {
    type: "trouble",
    about,
    message: describeError(error),
    hint: hintOf(error, hint),
    retryInMs,
    ...(cause && { cause }),
    ...(isHeld && { held: true }),
    ...more,
  };
}
