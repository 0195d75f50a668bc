import { Secret } from "../base/secret.ts";

/** Marks a secret in serialized data; no option has this name. */
const SECRET = "\0secret";

/**
 * Makes a value of plain data ready to be posted to another isolate of this process: posting it directly would drop the
 * text of each secret.
 * @throws {TypeError} for an object that is not plain data.
 */
export function serialize(value: unknown): unknown {
  return convert(
    value,
    (part) =>
      part instanceof Secret ? { [SECRET]: part.reveal(), username: part.username } : undefined,
  );
}

/** Restores the value that was given to `serialize`. */
export function deserialize(value: unknown): unknown {
  return convert(
    value,
    (part) =>
      SECRET in part
        ? new Secret(String(part[SECRET]), part.username as string | undefined)
        : undefined,
  );
}

type Part = Record<PropertyKey, unknown>;

/** Copies plain data; an object for which `replace` returns a value is replaced by it. */
function convert(value: unknown, replace: (part: Part) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const other = replace(value as Part);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map((item) => convert(item, replace));
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, convert(item, replace)]));
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new TypeError(`Cannot post a ${value.constructor?.name}: expected plain data`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, convert(item, replace)]),
  );
}
