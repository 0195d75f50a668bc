import { countText, grouped } from "./format.ts";

/** A value from outside is not valid. */
export class InvalidValue extends Error {
  override name = "InvalidValue";
  /** The next thing to do, where it differs from that for any bad answer. */
  readonly hint: string | undefined;

  /**
   * @param found Such as `20,000 shards`; never the value itself.
   * @param expected Such as `at most 4,096`.
   * @param hint The next thing to do.
   */
  constructor(found: string, expected: string, hint?: string) {
    super(`${found}, expected ${expected}`);
    this.hint = hint;
  }
}

/**
 * The error for an invalid value. It says the value's type and length only.
 * @param what Names the value, such as `a next cursor`.
 * @param expected Such as `a whole number from 0 to 9`.
 */
export function invalidValue(what: string, value: unknown, expected: string): InvalidValue {
  return new InvalidValue(`${what} ${kindAndLength(value)}`, expected);
}

/** Describes a value from outside without repeating it. */
export function kindAndLength(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `of ${countText(value.length, "character")}`;
    case "number":
      if (!Number.isInteger(value)) return "that is not a whole number";
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

/**
 * Checks that a value is a whole number from `min` to `max`.
 * @throws {InvalidValue}
 */
export function wholeNumberIn(what: string, value: unknown, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw invalidValue(what, value, `a whole number from ${grouped(min)} to ${grouped(max)}`);
}

/** Whether a value is printable ASCII without spaces, 1 to `maxLength` characters long. */
export function isVisibleAscii(value: unknown, maxLength: number): value is string {
  return typeof value === "string" && value.length <= maxLength && /^[\x21-\x7e]+$/.test(value);
}
