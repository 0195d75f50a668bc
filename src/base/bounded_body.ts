import { ByteBuffer } from "./bytes.ts";
import type { Clock } from "./clock.ts";
import { TimedOut } from "./timeout.ts";
import { yieldToEventLoop } from "./runtime.ts";

/**
 * A body whose pieces are so small on average, when so many have come, is no body of a server: each piece costs as much
 * as thousands of bytes, and leaves no turn to timers.
 */
const MIN_BYTES_PER_PIECE = 16;
const PIECES_BEFORE_THAT = 4096;
/** Most small bodies are smaller than this. */
const SMALL_BODY_BYTES = 4096;
/** Timers and sockets have their turn after so many pieces. */
const PIECES_PER_TURN = 256;

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

/** A body that comes in too many pieces for what it holds. */
export class BodyInPieces extends Error {
  override name = "BodyInPieces";

  constructor(pieces: number, bytes: number) {
    super(`Cannot read the answer: ${bytes} bytes of its body came in ${pieces} pieces`);
  }
}

/** Counts the pieces of one body. */
class Pieces {
  #count = 0;
  #bytes = 0;

  /**
   * @returns whether others should have their turn now.
   * @throws {BodyInPieces}
   */
  add(bytes: number): boolean {
    this.#count++;
    this.#bytes += bytes;
    if (this.#count % PIECES_PER_TURN !== 0) return false;
    const inSpecks = this.#count >= PIECES_BEFORE_THAT &&
      this.#bytes < MIN_BYTES_PER_PIECE * this.#count;
    if (inSpecks) throw new BodyInPieces(this.#count, this.#bytes);
    return true;
  }
}

/**
 * Streams a body into `target`, from its start.
 *
 * Streaming into one reused buffer keeps memory flat; `arrayBuffer()` at full speed makes external
 * buffers faster than they are collected.
 * @param stall Longest wait for the next byte; without it a body may stand still for ever.
 * @returns the number of bytes written.
 * @throws {BodyTooLarge} if the body does not fit, {BodyInPieces} if it comes in specks, {TimedOut} if it stalls; the
 * rest of it is cancelled.
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
  const pieces = new Pieces();
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
      if (pieces.add(value.length)) await yieldToEventLoop();
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
 * @throws {BodyTooLarge} if it is longer than `maxBytes` and `cut` is not set, {BodyInPieces} if it comes in specks.
 */
export async function readSmallBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  maxBytes: number,
  { cut = false } = {},
): Promise<Uint8Array> {
  const bytes = new ByteBuffer(SMALL_BODY_BYTES);
  const pieces = new Pieces();
  if (!body) return new Uint8Array(0);
  for await (const chunk of body) {
    if (pieces.add(chunk.length)) await yieldToEventLoop();
    const room = maxBytes - bytes.length;
    if (chunk.length > room && !cut) throw new BodyTooLarge(maxBytes);
    bytes.append(chunk.subarray(0, room));
    // As above: `fetch` gives a buffer of 64 KiB for a piece of one byte.
    chunk.buffer.transfer(0);
    if (bytes.length === maxBytes && cut) break;
  }
  return bytes.view().slice();
}
