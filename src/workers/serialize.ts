import { Secret } from "../base/secret.ts";

/** What stands for a secret on the way; no option has such a name. */
const SECRET = "\0secret";

/**
 * A value of plain data as it may be posted to another isolate: posting alone would drop the text of each
 * secret. Only for isolates of this process.
 */
export function serialize(value: unknown): unknown {
  return convert(
    value,
    (part) =>
      part instanceof Secret ? { [SECRET]: part.reveal(), username: part.username } : undefined,
  );
}

/** The value that `serialize` was given. */
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

/** Copies plain data; an object for which `replace` gives something is replaced. */
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
