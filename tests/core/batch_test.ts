import assert from "node:assert/strict";
import fc from "fast-check";
import { Batch } from "../../src/core/batch.ts";
import { middleOf, RequestBody } from "../../src/hec/request_body.ts";
import { batchOf } from "../hec/batches.ts";

const decoder = new TextDecoder();

function eventsOf(batch: Batch): string[] {
  return Array.from({ length: batch.count }, (_, i) => decoder.decode(batch.events(i, i + 1)));
}

const events = fc.array(fc.string({ minLength: 1, maxLength: 30 }), {
  minLength: 1,
  maxLength: 40,
});

Deno.test("Batch gives back each event and any run of events as they were written, however packed", () => {
  fc.assert(fc.property(events, fc.constantFrom(true, false, "zlib" as const), (list, gzip) => {
    const batch = batchOf(list, gzip);
    assert.equal(batch.count, list.length);
    assert.deepEqual(eventsOf(batch), list.map((text) => text.toWellFormed()));
    assert.equal(decoder.decode(batch.events()), list.join("").toWellFormed());
    assert.equal(batch.byteLength, batch.events().length);
    const middle = list.length >> 1;
    assert.equal(decoder.decode(batch.events(middle)), list.slice(middle).join("").toWellFormed());
  }));
});

Deno.test("middleOf leaves an event at least on either side, and cuts near half of the bytes", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 30 });
  fc.assert(fc.property(sizes, fc.nat(28), (list, skipped) => {
    const batch = batchOf(list.map((size) => "x".repeat(size)));
    const from = Math.min(skipped, list.length - 2);
    const middle = middleOf(batch, from, list.length);
    assert.ok(middle > from && middle < list.length);
    const bytes = (start: number, end: number) => batch.sizeOf(start, end);
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
  const list = ["one", "two", "three", "four"];
  const plain = new RequestBody(batchOf(list), { from: 1, to: 3 });
  assert.equal(decoder.decode(plain.bytes), "twothree");
  assert.deepEqual([plain.count, plain.gzipped], [2, false]);
  const packed = new RequestBody(batchOf(list, true), { from: 1, to: 3 });
  assert.equal(packed.gzipped, true);
  assert.deepEqual([...packed.bytes.subarray(0, 2)], [0x1f, 0x8b]);
  assert.equal(await inflate(packed.bytes), "twothree");
});

Deno.test("RequestBody of all events is the batch's own body, which is not made twice", () => {
  for (const gzip of [true, false, "zlib"] as const) {
    const batch = batchOf(["one", "two"], gzip);
    assert.equal(new RequestBody(batch, { from: 0, to: 2 }).bytes, batch.body);
  }
});

Deno.test("RequestBody names another index in those events that name one", () => {
  const batch = batchOf([
    '{"time":1,"index":"a","event":{}}',
    '{"time":2,"event":{"x":1,"index":"a"}}',
    '{"time":3,"index":"bbb","event":{}}',
  ]);
  const { bytes } = new RequestBody(batch, {
    from: 0,
    to: 3,
    diversion: { to: "fallback", from: undefined },
  });
  assert.equal(
    decoder.decode(bytes),
    '{"time":1,"index":"fallback","event":{}}{"time":2,"event":{"x":1,"index":"a"}}' +
      '{"time":3,"index":"fallback","event":{}}',
  );
});

Deno.test("Batch puts its body into the memory that it is given, however packed", () => {
  for (const gzip of [true, false, "zlib"] as const) {
    const memory = new Uint8Array(1000);
    const event = new TextEncoder().encode('{"event":"one"}');
    const batch = new Batch(event, [event.length], gzip, () => memory);
    assert.equal(batch.body.buffer, memory.buffer);
    assert.equal(batch.memoryBytes, 1004);
    assert.equal(decoder.decode(batch.events()), '{"event":"one"}');
  }
});
