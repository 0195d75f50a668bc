import { countText, grouped } from "./format.ts";

/** A value from outside that is not of its form. */
export class InvalidValue extends Error {
  override name = "InvalidValue";
  /** The next thing to do, where it is another than for any wrong answer. */
  readonly hint: string | undefined;

  /**
   * @param found Such as `20,000 shards`: never the value itself.
   * @param expected The form, such as `at most 4,096`.
   * @param hint The next thing to do.
   */
  constructor(found: string, expected: string, hint?: string) {
    super(`${found}, expected ${expected}`);
    this.hint = hint;
  }
}

/**
 * The error for a value that is not of its form: it tells kind and length.
 * @param what Names the value, such as `a next cursor`.
 * @param expected The form, such as `a whole number from 0 to 9`.
 */
export function invalidValue(what: string, value: unknown, expected: string): InvalidValue {
  return new InvalidValue(`${what} ${kindAndLength(value)}`, expected);
}

/** What may be said of a value from outside without repeating it. */
export function kindAndLength(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `of ${countText(value.length, "character")}`;
    case "number":
      if (!Number.isInteger(value)) return "that is no whole number";
      return value < 0 ? "below 0" : `of ${numberLength(value)}`;
    case "object":
      if (value === null) return "that is null";
      return Array.isArray(value)
        ? `that is a list of ${grouped(value.length)}`
        : "that is an object";
    default:
      return value === undefined ? "that is missing" : `that is ${value}`; // a boolean: JSON has no other
  }
}

function numberLength(value: number): string {
  return countText(BigInt(value).toString().length, "digit");
}

/** The value if it is a whole number from `least` to `most`. @throws {InvalidValue} */
export function wholeNumberIn(what: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) {
    return value;
  }
  throw invalidValue(what, value, `a whole number from ${grouped(least)} to ${grouped(most)}`);
}

/** Whether a value is printable ASCII without blanks, 1 to `most` characters long. */
export function isVisibleAscii(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most && /^[\x21-\x7e]+$/.test(value);
}
