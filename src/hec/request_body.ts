import { concatBytes } from "../base/bytes.ts";
import type { Batch } from "../core/batch.ts";
import { withIndex } from "./envelope_index.ts";
import { gzip } from "../core/gzip.ts";

/** Some events of a batch as a request body, made once however often it is sent. */
export class RequestBody {
  readonly from: number;
  readonly to: number;
  readonly gzipped: boolean;
  /** Index that the events are sent to in place of their own. */
  readonly divertedTo: string | undefined;
  /** As it goes on the wire. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #batch: Batch;

  constructor(batch: Batch, from: number, to: number, divertedTo?: string) {
    this.#batch = batch;
    this.from = from;
    this.to = to;
    this.gzipped = batch.gzip !== false;
    this.divertedTo = divertedTo;
    this.bytes = to - from === batch.count && divertedTo === undefined
      ? batch.body
      : bodyOf(batch, from, to, divertedTo);
  }

  /** Events in the request. */
  get count(): number {
    return this.to - this.from;
  }

  /** The first event alone, without compression. */
  firstPlain(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(eventAsSent(this.#batch, this.from, this.divertedTo));
  }

  /** The first event alone, compressed as the body is. */
  firstGzipped(): Uint8Array<ArrayBuffer> {
    return bodyOf(this.#batch, this.from, this.from + 1, this.divertedTo);
  }
}

function bodyOf(
  batch: Batch,
  from: number,
  to: number,
  divertedTo: string | undefined,
): Uint8Array<ArrayBuffer> {
  const events = batch.events(from, to);
  const plain = divertedTo === undefined
    ? events
    : concatBytes(eachOf(batch, events, from, to).map((event) => withIndex(event, divertedTo)));
  return batch.gzip === false ? plain : gzip(plain, batch.gzip);
}

/** The envelope of one event as it is sent. */
export function eventAsSent(
  batch: Batch,
  at: number,
  divertedTo: string | undefined,
): Uint8Array {
  const event = batch.events(at, at + 1);
  return divertedTo === undefined ? event : withIndex(event, divertedTo);
}

/** Where to cut the events `from` to `to` so that both parts have about half the bytes and an event at least. */
export function middleOf(batch: Batch, from: number, to: number): number {
  const half = batch.sizeOf(from, to) / 2;
  let middle = from + 1;
  while (middle < to - 1 && batch.sizeOf(from, middle) < half) middle++;
  return middle;
}

/** Each of the batch's events `from` to `to`, which are `events`. */
function eachOf(batch: Batch, events: Uint8Array, from: number, to: number): Uint8Array[] {
  const startOf = (at: number) => batch.sizeOf(from, at);
  return Array.from(
    { length: to - from },
    (_, i) => events.subarray(startOf(from + i), startOf(from + i + 1)),
  );
}
