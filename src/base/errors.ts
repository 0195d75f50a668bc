import { liveSecrets } from "./redactor.ts";

import type { TroubleCause } from "./telemetry.ts";

/** An error that an operator reads: what was attempted, what was found, what was expected; and a hint. */
export class OperatorError extends Error {
  override name = "OperatorError";
  /** The next thing to do. */
  readonly hint: string;

  /** Whether it passes by itself, so that there is nothing to do about it where it is met. */
  get passes(): boolean {
    return false;
  }

  /** Why, where the same may hit many: see `TroubleCause`. */
  get troubleCause(): TroubleCause | undefined {
    return undefined;
  }

  /** Whether nothing gets better without the operator. */
  get isHeld(): boolean {
    return false;
  }

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** What the operator asked for cannot be done, whatever is tried; nothing was begun. */
export class UsageError extends OperatorError {
  override name = "UsageError";
}

/** The hint of an error that has one, or `otherwise`. */
export function hintOf(error: unknown, otherwise: string): string {
  return error instanceof OperatorError ? error.hint : otherwise;
}

/** Causes may form a circle. */
const MAX_CAUSES = 8;

/** Longest text of an error that is not this program's own: the runtime repeats what a proxy answered, however long. */
const MAX_FOREIGN_CHARS = 280;
const MAX_EXAMINED_CHARS = 4096;

/** A short text of whatever was thrown, causes included: `fetch` hides the reason of a failure in them. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  const shown: string[] = [];
  let at = error;
  for (let depth = 0; at !== undefined && at !== null && depth < MAX_CAUSES; depth++) {
    const text = at instanceof Error ? messageOf(at) : String(at);
    // Deno repeats the cause inside the outer message; say it once.
    if (!parts.some((part) => part.includes(text))) {
      parts.push(text);
      shown.push(at instanceof OperatorError ? text : cut(text));
    }
    at = at instanceof Error ? at.cause : undefined;
  }
  return shown.join(": ");
}

/** Deno's advice to give more permissions is left out: the grant is made of the configuration. */
function messageOf(error: Error): string {
  const text = error.message || error.name;
  return error instanceof Deno.errors.NotCapable
    ? text.replace(/, (?:specify the required permissions|run again with) [^]*$/, "")
    : text;
}

/** Without secrets first, so that none is cut in two. */
function cut(text: string): string {
  if (text.length <= MAX_FOREIGN_CHARS) return text;
  const safe = liveSecrets.redact(text.slice(0, MAX_EXAMINED_CHARS), true);
  return `${safe.slice(0, MAX_FOREIGN_CHARS)}…`;
}

/** What to say when Deno denies something that a configuration needs. @param what Such as `the file x`. */
export function permissionDeniedMessage(what: string, verb = "read"): string {
  return `this program was not given the permission to ${verb} ${what}; start it with the ` +
    "permissions of this configuration, or make the executable again with it";
}
