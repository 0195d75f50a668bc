import type { Batch } from "./batch.ts";
import { withIndex } from "./envelope_index.ts";
import { type Gzip, gzip } from "./gzip.ts";

/** Some events of a batch as a request body, made once however often it is sent. */
export class RequestBody {
  readonly from: number;
  readonly to: number;
  readonly gzipped: boolean;
  /** Index that the events are sent to in place of their own. */
  readonly divertedTo: string | undefined;
  /** As it goes on the wire. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(batch: Batch, from: number, to: number, how: Gzip, divertedTo?: string) {
    this.from = from;
    this.to = to;
    this.gzipped = how !== false;
    this.divertedTo = divertedTo;
    const plain = divertedTo === undefined
      ? batch.bytes(from, to)
      : concat(eventsOf(batch, from, to).map((event) => withIndex(event, divertedTo)));
    this.bytes = how === false ? plain : gzip(plain, how);
  }

  /** Events in the request. */
  get count(): number {
    return this.to - this.from;
  }
}

/** The envelope of one event as it is sent. */
export function eventAsSent(batch: Batch, at: number, divertedTo: string | undefined): Uint8Array {
  const event = batch.bytes(at, at + 1);
  return divertedTo === undefined ? event : withIndex(event, divertedTo);
}

/** Where to cut the events `from` to `to` so that both parts have about half the bytes and an event at least. */
export function middleOf(batch: Batch, from: number, to: number): number {
  const half = batch.bytes(from, to).length / 2;
  let middle = from + 1;
  while (middle < to - 1 && batch.bytes(from, middle).length < half) middle++;
  return middle;
}

function eventsOf(batch: Batch, from: number, to: number): Uint8Array[] {
  return Array.from({ length: to - from }, (_, i) => batch.bytes(from + i, from + i + 1));
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
