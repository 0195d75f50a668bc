import type { ByteBuffer } from "../base/byte_buffer.ts";
import { spliceJson } from "./json_splice.ts";
import { jsonTextRoom, writeJsonText } from "./json_text.ts";

/**
 * Writes the value at `page[at..end)` at the end of `out`: as a JSON string, or spliced as it stands
 * when it is to be expanded and is valid JSON. Hot.
 * @param makeRoom False when `out` already has room for the worst case of a string.
 */
export function writeValue(
  page: Uint8Array,
  at: number,
  end: number,
  expand: boolean,
  makeRoom: boolean,
  out: ByteBuffer,
): void {
  if (makeRoom) out.ensure(jsonTextRoom(page, at, end) + 2);
  if (expand) {
    const to = spliceJson(page, at, end, out.bytes, out.length);
    if (to >= 0) {
      out.length = to;
      return;
    }
  }
  const bytes = out.bytes;
  let to = out.length;
  bytes[to++] = 0x22;
  to = writeJsonText(page, at, end, bytes, to);
  bytes[to++] = 0x22;
  out.length = to;
}

/** Whether `bytes[at..end)` is one of `keys`. */
export function isOneOf(
  keys: readonly Uint8Array[],
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean {
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k]!;
    if (key.length !== end - at) continue;
    let i = 0;
    while (i < key.length && key[i] === bytes[at + i]) i++;
    if (i === key.length) return true;
  }
  return false;
}
