import { liveSecrets } from "./redactor.ts";

import type { TroubleCause } from "./telemetry.ts";

/** An error for the operator. The message says what was attempted, found and expected. */
export class OperatorError extends Error {
  override name = "OperatorError";
  /** The next thing to do. */
  readonly hint: string;

  /** Whether it passes by itself, so that trying again can help. */
  get passes(): boolean {
    return false;
  }

  /** Why, where many may fail for the same reason: see `TroubleCause`. */
  get troubleCause(): TroubleCause | undefined {
    return undefined;
  }

  /** Whether it lasts until the operator acts. */
  get isHeld(): boolean {
    return false;
  }

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** What the operator asked for cannot be done. Nothing was begun. */
export class UsageError extends OperatorError {
  override name = "UsageError";
}

/** The hint of an error that has one, or `otherwise`. */
export function hintOf(error: unknown, otherwise: string): string {
  return error instanceof OperatorError ? error.hint : otherwise;
}

/** Causes may form a circle. */
const MAX_CAUSES = 8;

/** Longest text of an error of the runtime or a library: Deno repeats what a proxy answered, however long. */
const MAX_FOREIGN_CHARS = 280;
const MAX_EXAMINED_CHARS = 4096;

/** A short text of whatever was thrown, with its causes: `fetch` puts the reason of a failure there. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  const shown: string[] = [];
  let at = error;
  for (let depth = 0; at !== undefined && at !== null && depth < MAX_CAUSES; depth++) {
    const text = at instanceof Error ? messageOf(at) : String(at);
    // Deno repeats the cause in the outer message.
    if (!parts.some((part) => part.includes(text))) {
      parts.push(text);
      shown.push(at instanceof OperatorError ? text : cut(text));
    }
    at = at instanceof Error ? at.cause : undefined;
  }
  return shown.join(": ");
}

/** Omits Deno's advice to grant more permissions: they follow from the configuration. */
function messageOf(error: Error): string {
  const text = error.message || error.name;
  return error instanceof Deno.errors.NotCapable
    ? text.replace(/, (?:specify the required permissions|run again with) [^]*$/, "")
    : text;
}

/** Secrets are removed before cutting, so that none is cut in two. */
function cut(text: string): string {
  if (text.length <= MAX_FOREIGN_CHARS) return text;
  const safe = liveSecrets.redact(text.slice(0, MAX_EXAMINED_CHARS), true);
  return `${safe.slice(0, MAX_FOREIGN_CHARS)}…`;
}

/**
 * What to say when Deno denies something that a configuration needs.
 * @param what Such as `the file x`.
 */
export function permissionDeniedMessage(what: string, verb = "read"): string {
  return `this program has no permission to ${verb} ${what}; start it with the permissions of ` +
    "this configuration, or compile the executable again with it";
}
