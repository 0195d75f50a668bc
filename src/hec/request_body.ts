import { concatBytes } from "../base/bytes.ts";
import type { Batch } from "../core/batch.ts";
import { gzip } from "../core/gzip.ts";
import { withIndex } from "./envelope_index.ts";

/** Events of a batch that are sent together. */
export interface EventRange {
  /** Number of the first. */
  readonly from: number;
  /** One more than the number of the last. */
  readonly to: number;
  /** Index to send them to instead of their own. */
  readonly indexOverride?: string | undefined;
}

/** Splits a range into its first event and the others. */
export function isolateFirst(range: EventRange): EventRange[] {
  const second = range.from + 1;
  return [{ ...range, to: second }, { ...range, from: second }];
}

/** Halves a range by bytes, and the halves again, until there are that many parts or each has one event. */
export function inParts(batch: Batch, range: EventRange, parts: number): EventRange[] {
  if (parts <= 1 || range.to - range.from === 1) return [range];
  const middle = middleOf(batch, range.from, range.to);
  const halves = [{ ...range, to: middle }, { ...range, from: middle }];
  return halves.flatMap((half) => inParts(batch, half, parts / 2));
}

/** Where to cut the events `from` to `to` so that both parts have about half the bytes, and at least one event. */
export function middleOf(batch: Batch, from: number, to: number): number {
  const half = batch.sizeOf(from, to) / 2;
  let middle = from + 1;
  while (middle < to - 1 && batch.sizeOf(from, middle) < half) middle++;
  return middle;
}

/** Some events of a batch as a request body, made once however often it is sent. */
export class RequestBody {
  readonly from: number;
  readonly to: number;
  readonly gzipped: boolean;
  /** The body on the wire. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #batch: Batch;
  readonly #range: EventRange;

  constructor(batch: Batch, range: EventRange) {
    const { from, to, indexOverride } = range;
    this.#batch = batch;
    this.#range = range;
    this.from = from;
    this.to = to;
    this.gzipped = batch.gzip !== false;
    this.bytes = to - from === batch.count && indexOverride === undefined
      ? batch.body
      : bodyOf(batch, range);
  }

  /** Number of events in the request. */
  get count(): number {
    return this.to - this.from;
  }

  /** The first event alone, uncompressed. */
  firstPlain(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(eventAsSent(this.#batch, this.from, this.#range.indexOverride));
  }

  /** The first event alone, compressed like the body. */
  firstGzipped(): Uint8Array<ArrayBuffer> {
    return bodyOf(this.#batch, { ...this.#range, to: this.from + 1 });
  }
}

/** The envelope of one event as it is sent. */
export function eventAsSent(
  batch: Batch,
  at: number,
  indexOverride: string | undefined,
): Uint8Array {
  const event = batch.events(at, at + 1);
  return indexOverride === undefined ? event : withIndex(event, indexOverride);
}

function bodyOf(batch: Batch, { from, to, indexOverride }: EventRange): Uint8Array<ArrayBuffer> {
  const events = batch.events(from, to);
  const plain = indexOverride === undefined
    ? events
    : concatBytes(eachOf(batch, events, from, to).map((event) => withIndex(event, indexOverride)));
  return batch.gzip === false ? plain : gzip(plain, batch.gzip);
}

/** The batch's events `from` to `to` one by one; together they are `events`. */
function eachOf(batch: Batch, events: Uint8Array, from: number, to: number): Uint8Array[] {
  const startOf = (at: number) => batch.sizeOf(from, at);
  return Array.from(
    { length: to - from },
    (_, i) => events.subarray(startOf(from + i), startOf(from + i + 1)),
  );
}
