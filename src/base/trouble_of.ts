import { describeError, hintOf, OperatorError } from "./errors.ts";
import type { TelemetryEvent } from "./telemetry.ts";

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

const NOTHING_KNOWN = { troubleCause: undefined, isHeld: false };

/**
 * The report of a failure.
 * @param about Names what is tried, the same for each try.
 * @param hint The next thing to do, for an error that does not say it.
 * @param more Further fields, which replace those of the error.
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
