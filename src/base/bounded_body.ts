import { ByteBuffer } from "./bytes.ts";
import type { Clock } from "./clock.ts";
import { TimedOut } from "./timeout.ts";
import { yieldToEventLoop } from "./runtime.ts";

/**
 * A body in many tiny pieces is an attack: each piece costs as much as thousands of bytes. It is refused once this many
 * pieces have come with fewer bytes each on average.
 */
const MIN_BYTES_PER_PIECE = 16;
const PIECES_BEFORE_THAT = 4096;
/** Most small bodies are smaller. */
const SMALL_BODY_BYTES = 4096;
/** After as many pieces, timers and sockets get their turn. */
const PIECES_PER_TURN = 256;

/** Ends the watch over a body that is read. Shared, because every body is watched. */
const DONE = new DOMException("The body is read", "AbortError");

/** A body is longer than its reader allows. */
export class BodyTooLarge extends Error {
  override name = "BodyTooLarge";
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`Cannot read the answer: its body is longer than the limit of ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** A body comes in too many pieces for its length. */
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
   * Counts one piece.
   * @returns whether to yield to the event loop now.
   * @throws {BodyInPieces}
   */
  add(bytes: number): boolean {
    this.#count++;
    this.#bytes += bytes;
    if (this.#count % PIECES_PER_TURN !== 0) return false;
    const isInSpecks = this.#count >= PIECES_BEFORE_THAT &&
      this.#bytes < MIN_BYTES_PER_PIECE * this.#count;
    if (isInSpecks) throw new BodyInPieces(this.#count, this.#bytes);
    return true;
  }
}

/**
 * Streams a body into `target`, from its start.
 *
 * Streaming into one reused buffer keeps memory flat: at full speed, `arrayBuffer()` allocates external buffers faster
 * than they are collected. After an error the rest of the body is cancelled.
 * @param stall Longest wait for the next byte; without a limit when left out.
 * @returns the number of bytes written.
 * @throws {BodyTooLarge} when the body does not fit.
 * @throws {BodyInPieces} when it comes in tiny pieces.
 * @throws {TimedOut} when it stalls.
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
        return; // the body has ended: nothing else ends this sleep early
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
      // Frees it now: left to the garbage collector, pieces take tens of megabytes (bench "nginx").
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
 * Reads a small body.
 * @param options.cut Whether to cancel what is longer than `maxBytes`, rather than throw.
 * @throws {BodyTooLarge} when it is longer than `maxBytes` and `cut` is not set.
 * @throws {BodyInPieces} when it comes in tiny pieces.
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
