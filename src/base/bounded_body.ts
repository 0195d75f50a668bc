import type { Clock } from "./clock.ts";
import { TimedOut } from "./timeout.ts";

/** Why watching ends when the body is read: one for all, as every body is watched. */
const DONE = new DOMException("The body is read", "AbortError");

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
 * @param stall Longest wait for the next byte; without it a body may stand still for ever.
 * @returns the number of bytes written.
 * @throws {BodyTooLarge} if the body does not fit, {TimedOut} if it stalls; the rest of it is cancelled.
 */
export async function readBodyInto(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  target: Uint8Array,
  stall?: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<number> {
  if (!body) return 0;
  const reader = body.getReader();
  let length = 0;
  let progressMs = stall?.clock.monotonicMs() ?? 0;
  let stalled: TimedOut | undefined;
  const done = new AbortController();
  const watch = async ({ clock, timeoutMs }: { clock: Clock; timeoutMs: number }) => {
    for (let leftMs = timeoutMs; leftMs > 0;) {
      try {
        await clock.sleep(leftMs, done.signal);
      } catch {
        return; // the body has ended: `done` is the only thing that ends this sleep early
      }
      leftMs = progressMs + timeoutMs - clock.monotonicMs();
    }
    stalled = new TimedOut("The wait for the next byte of the body", timeoutMs);
    await reader.cancel(stalled); // ends the read under way
  };
  const watching = stall && watch(stall);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (stalled) throw stalled;
      if (done) return length;
      if (length + value.length > target.length) throw new BodyTooLarge(target.length);
      target.set(value, length);
      length += value.length;
      // Frees it now: left to the collector, the pieces of pages take tens of megabytes (bench "nginx").
      value.buffer.transfer(0);
      if (stall) progressMs = stall.clock.monotonicMs();
    }
  } catch (error) {
    if (!stalled) await reader.cancel(error);
    throw error;
  } finally {
    done.abort(DONE);
    await watching;
  }
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
