import { cursorNumber } from "../base/cursor_number.ts";

/** The cursor of the log group before a cursor's; undefined when there can be none. */
export function cursorBefore(cursor: string): string | undefined {
  const number = cursorNumber(cursor);
  return number === undefined || number === 0n ? undefined : btoa(String(number - 1n));
}
