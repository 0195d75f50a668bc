import assert from "node:assert/strict";
import fc from "fast-check";
import type { Batch } from "../../src/hec/batch.ts";
import { middleOf, RequestBody } from "../../src/hec/request_body.ts";
import { batchOf } from "./batches.ts";

const decoder = new TextDecoder();

function eventsOf(batch: Batch): string[] {
  return Array.from({ length: batch.count }, (_, i) => decoder.decode(batch.bytes(i, i + 1)));
}

const events = fc.array(fc.string({ minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 40,
});

Deno.test("Batch gives back each event and any run of events as they were written", () => {
  fc.assert(fc.property(events, (list) => {
    const batch = batchOf(list);
    assert.equal(batch.count, list.length);
    assert.deepEqual(eventsOf(batch), list.map((text) => text.toWellFormed()));
    assert.equal(decoder.decode(batch.bytes()), list.join("").toWellFormed());
    assert.equal(batch.byteLength, batch.bytes().length);
    const middle = list.length >> 1;
    assert.equal(decoder.decode(batch.bytes(middle)), list.slice(middle).join("").toWellFormed());
  }));
});

Deno.test("Batch holds more events than its offsets had room for", () => {
  const list = Array.from({ length: 5000 }, (_, i) => `event ${i}`);
  assert.deepEqual(eventsOf(batchOf(list)), list);
});

Deno.test("Batch takes several events at once behind those it has", () => {
  const batch = batchOf(["one"]);
  batch.appendAll(new TextEncoder().encode("twothree"), new Uint32Array([3, 8]));
  batch.appendAll(new Uint8Array(0), []);
  assert.deepEqual(eventsOf(batch), ["one", "two", "three"]);
  batch.clear();
  assert.deepEqual([batch.count, batch.byteLength], [0, 0]);
  batch.append(new TextEncoder().encode("new"));
  assert.deepEqual(eventsOf(batch), ["new"]);
});

Deno.test("middleOf leaves an event at least on either side, and cuts near half of the bytes", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 30 });
  fc.assert(fc.property(sizes, fc.nat(28), (list, skipped) => {
    const batch = batchOf(list.map((size) => "x".repeat(size)));
    const from = Math.min(skipped, list.length - 2);
    const middle = middleOf(batch, from, list.length);
    assert.ok(middle > from && middle < list.length);
    const bytes = (start: number, end: number) => batch.bytes(start, end).length;
    const half = bytes(from, list.length) / 2;
    // The event at the cut is all that can be too much on the left.
    assert.ok(bytes(from, middle) - bytes(middle - 1, middle) < half);
    assert.ok(bytes(from, middle) >= half || middle === list.length - 1);
  }));
});

async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

Deno.test("RequestBody holds the chosen events, plain or as gzip", async () => {
  const batch = batchOf(["one", "two", "three", "four"]);
  const plain = new RequestBody(batch, 1, 3, false);
  assert.equal(decoder.decode(plain.bytes), "twothree");
  assert.deepEqual([plain.count, plain.gzipped], [2, false]);
  const packed = new RequestBody(batch, 1, 3, true);
  assert.equal(packed.gzipped, true);
  assert.deepEqual([...packed.bytes.subarray(0, 2)], [0x1f, 0x8b]);
  assert.equal(await inflate(packed.bytes), "twothree");
});

Deno.test("RequestBody names another index in those events that name one", () => {
  const batch = batchOf([
    '{"time":1,"index":"a","event":{}}',
    '{"time":2,"event":{"x":1,"index":"a"}}',
    '{"time":3,"index":"bbb","event":{}}',
  ]);
  const { bytes } = new RequestBody(batch, 0, 3, false, "fallback");
  assert.equal(
    decoder.decode(bytes),
    '{"time":1,"index":"fallback","event":{}}{"time":2,"event":{"x":1,"index":"a"}}' +
      '{"time":3,"index":"fallback","event":{}}',
  );
});
