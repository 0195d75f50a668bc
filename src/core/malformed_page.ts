/** Decompressed bytes of a page that are not a LogGroupList. The message says where, never what. */
export class MalformedPage extends Error {
  override name = "MalformedPage";

  constructor(what: string, offset: number) {
    super(`Cannot read the page: ${what} at byte ${offset} of the decompressed LogGroupList`);
  }
}

const FAILURES = [
  "",
  "a number or a field runs past its message",
  "a number of more than ten bytes",
  "a length or a field number of too many bits",
  "a field of number 0",
];
const WIRE_TYPE = 16;

/** What is malformed, by the core's number for it. */
export function failureText(code: number): string {
  return code >= WIRE_TYPE ? `a field of wire type ${code - WIRE_TYPE}` : FAILURES[code]!;
}
