import { Buffer } from "node:buffer";
import { Batch } from "../../src/core/batch.ts";
import type { Gzip } from "../../src/core/gzip.ts";

/** An event of a test, identified by its id. */
export interface TestEvent {
  readonly id: string;
  /** Its envelope, in the form that the transcoder writes. */
  readonly text: string;
}

/** One that any HEC takes whose token allows the index. */
export function good(id: string, index?: string): TestEvent {
  const named = index === undefined ? "" : `,"index":${JSON.stringify(index)}`;
  const text = `{"time":1790000000.000000001,"host":"h"${named},"fields":{"sls_id":${
    JSON.stringify(id)
  }},"event":{"id":${JSON.stringify(id)},"index":"not this one"}}`;
  return { id, text };
}

/** `count` good events with the ids `<name>0`, `<name>1` and so on. */
export function goods(count: number, name = "e", index?: string): TestEvent[] {
  return Array.from({ length: count }, (_, i) => good(`${name}${i}`, index));
}

/** Codes with which HEC refuses one event and names it. */
export type PoisonCode = 6 | 12 | 13 | 15;

/** One that HEC refuses with the code. */
export function poison(id: string, code: PoisonCode): TestEvent {
  const fields = `"fields":{"sls_id":${JSON.stringify(id)}}`;
  const text = {
    6: `{"time":1790000000,${fields},"event":null}`,
    12: `{"time":1790000000,"host":${JSON.stringify(id)}}`,
    13: `{"time":1790000000,${fields},"event":" "}`,
    15: `{"time":1790000000,"fields":{"sls_id":{}},"event":${JSON.stringify(id)}}`,
  }[code];
  return { id, text };
}

export function batchOf(events: readonly string[], gzip: Gzip = false): Batch {
  const parts = events.map((event) => new TextEncoder().encode(event));
  let length = 0;
  const ends = parts.map((part) => length += part.length);
  return new Batch(new Uint8Array(Buffer.concat(parts)), ends, gzip);
}
