import { z } from "zod";

// A configuration is read once: to compile a reader for it takes longer than to read it.
z.config({ jitless: true });

/** A value that a type does not take, with what it does take. */
export class Refused {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

/** How a type of option presents itself. */
export interface TypeNotes {
  /** One or two words for tables: `duration`. */
  readonly kind: string;
  /** What may be written, to follow "expected": `a duration such as 20s`. */
  readonly expected: string;
  /** What an editor may check, as JSON Schema. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** The value must never be shown. */
  readonly secret?: boolean;
  /** It is a mapping whose keys the operator chooses, such as topics. */
  readonly freeKeys?: boolean;
  /** What of the value may be shown, undefined for nothing; `showValue` when left out. */
  readonly show?: (text: string) => string | undefined;
}

/** Notes of every type that an option has. Not a registry of zod's: there, a copy inherits its notes. */
export const typeNotes = new WeakMap<z.ZodType, TypeNotes>();

/**
 * A type of single value. Every value arrives as text: from YAML without YAML's own guesses (`on`,
 * `0x1F`, dates), from `${env:NAME}` and from the environment alike, so each type is read by one rule.
 */
export function scalar<T>(
  notes: TypeNotes,
  read: (text: string) => T | Refused,
): z.ZodType<T, string> {
  const type = z.string({ error: notes.expected }).transform((text, context): T => {
    const value = read(text);
    if (!(value instanceof Refused)) return value;
    context.issues.push({ code: "custom", message: value.expected, input: text });
    return z.NEVER;
  });
  typeNotes.set(type, notes);
  return type;
}
