import { concatBytes } from "../base/bytes.ts";
import type { Batch } from "../core/batch.ts";
import { gzip } from "../core/gzip.ts";
import { diverted, type IndexDiversion } from "./envelope_index.ts";

/** Events of a batch that are sent together. */
export interface EventRange {
  /** Number of the first. */
  readonly from: number;
  /** One more than the number of the last. */
  readonly to: number;
  /** Which of them are sent to another index than their own; none when left out. */
  readonly diversion?: IndexDiversion | undefined;
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
  /** Numbers of the events that are sent to another index than their own. */
  readonly diverted: readonly number[];
  readonly #batch: Batch;
  readonly #range: EventRange;

  constructor(batch: Batch, range: EventRange) {
    const { from, to, diversion } = range;
    this.#batch = batch;
    this.#range = range;
    this.from = from;
    this.to = to;
    this.gzipped = batch.gzip !== false;
    const isWhole = to - from === batch.count;
    const plain = isWhole && !diversion ? undefined : plainOf(batch, range);
    this.diverted = plain?.diverted ?? [];
    this.bytes = plain && !(isWhole && plain.diverted.length === 0)
      ? compressed(batch, plain.bytes)
      : batch.body;
  }

  /** Number of events in the request. */
  get count(): number {
    return this.to - this.from;
  }

  /** The first event alone, uncompressed. */
  firstPlain(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(eventAsSent(this.#batch, this.from, this.#range.diversion));
  }

  /** The first event alone, compressed like the body. */
  firstGzipped(): Uint8Array<ArrayBuffer> {
    return compressed(this.#batch, this.firstPlain());
  }
}

/** The envelope of one event as it is sent. */
export function eventAsSent(
  batch: Batch,
  at: number,
  diversion: IndexDiversion | undefined,
): Uint8Array {
  const event = batch.events(at, at + 1);
  return diversion ? diverted(event, diversion) : event;
}

/** Events as they are sent, and the numbers of those whose index is another than their own. */
function plainOf(
  batch: Batch,
  { from, to, diversion }: EventRange,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly diverted: readonly number[] } {
  const events = batch.events(from, to);
  if (!diversion) return { bytes: events, diverted: [] };
  const numbers: number[] = [];
  const sent = eachOf(batch, events, from, to).map((event, i) => {
    const other = diverted(event, diversion);
    if (other !== event) numbers.push(from + i);
    return other;
  });
  return { bytes: numbers.length === 0 ? events : concatBytes(sent), diverted: numbers };
}

function compressed(batch: Batch, plain: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
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
