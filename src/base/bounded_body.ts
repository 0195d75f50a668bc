/** A body that is longer than its reader allows. */
export class BodyTooLarge extends Error {
  override name = "BodyTooLarge";
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`Cannot read the answer: its body is longer than the limit of ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/**
 * Streams a body into `target`, from its start.
 *
 * Streaming into one reused buffer keeps memory flat; `arrayBuffer()` at full speed makes external
 * buffers faster than they are collected.
 * @returns the number of bytes written.
 * @throws {BodyTooLarge} if the body does not fit; the rest of it is cancelled.
 */
export async function readBodyInto(
  body: ReadableStream<Uint8Array> | null,
  target: Uint8Array,
): Promise<number> {
  if (!body) return 0;
  let length = 0;
  for await (const chunk of body) { // leaving the loop early cancels the stream
    if (length + chunk.length > target.length) throw new BodyTooLarge(target.length);
    target.set(chunk, length);
    length += chunk.length;
  }
  return length;
}

/**
 * Reads a small body whole.
 * @returns its bytes, cut off at `maxBytes` (the rest is cancelled) when `cut` is set.
 * @throws {BodyTooLarge} if it is longer than `maxBytes` and `cut` is not set.
 */
export async function readSmallBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  { cut = false } = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body) {
    for await (const chunk of body) {
      const room = maxBytes - length;
      if (chunk.length > room) {
        if (!cut) throw new BodyTooLarge(maxBytes);
        chunks.push(chunk.subarray(0, room));
        length += room;
        break;
      }
      chunks.push(chunk);
      length += chunk.length;
    }
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
