import assert from "node:assert/strict";
import fc from "fast-check";
import { truncateEvent } from "../../src/core/truncate_event.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

Deno.test("truncateEvent() cuts the longest value and names it", () => {
  const envelope = encode(
    `{"time":1,"index":"main","event":{"id":"7","big":"${
      "x".repeat(5000)
    }","n":90071992547409931}}`,
  );
  const shorter = truncateEvent(envelope, 1000)!;
  assert.ok(shorter.length <= 1000 && shorter.length > 900, `${shorter.length} bytes`);
  const text = decode(shorter);
  assert.ok(text.includes('"n":90071992547409931'), "a value that is kept keeps every digit");
  const { event, index } = JSON.parse(text);
  assert.equal(index, "main");
  assert.equal(event.id, "7");
  assert.match(event.big, /^x+$/);
  assert.deepEqual(event.sls2hec_truncated, {
    original_bytes: envelope.length,
    fields: ["big"],
  });
});

Deno.test("truncateEvent() cuts an expanded value as text", () => {
  const envelope = encode(`{"event":{"event":{"a":["${"é".repeat(800)}"]}}}`);
  const { event } = JSON.parse(decode(truncateEvent(envelope, 500)!));
  assert.ok(event.event.startsWith('{"a":["é'));
});

Deno.test("truncateEvent() cuts the object inside a text event", () => {
  const inner = JSON.stringify({ id: "7", big: '"'.repeat(3000) });
  const envelope = encode(JSON.stringify({ time: 1, event: inner }));
  const shorter = truncateEvent(envelope, 900)!;
  assert.ok(shorter.length <= 900);
  assert.equal(JSON.parse(JSON.parse(decode(shorter)).event).id, "7");
});

Deno.test("truncateEvent() gives up when keys alone are too much", () => {
  const envelope = encode(`{"event":{"${"k".repeat(3000)}":"v"}}`);
  assert.equal(truncateEvent(envelope, 1000), undefined);
});

Deno.test("truncateEvent() gives valid JSON within the limit for any event", () => {
  fc.assert(fc.property(
    fc.dictionary(fc.string(), fc.oneof(fc.string({ maxLength: 4000, unit: "binary" }), fc.json())),
    fc.integer({ min: 300, max: 6000 }),
    (log, maxBytes) => {
      const envelope = encode(JSON.stringify({ time: 1, event: log }).replaceAll("\\ud", "\\u0"));
      const shorter = truncateEvent(envelope, maxBytes);
      if (!shorter) return;
      assert.ok(shorter.length <= maxBytes, `${shorter.length} > ${maxBytes}`);
      const { event } = JSON.parse(decode(shorter));
      assert.equal(event.sls2hec_truncated.original_bytes, envelope.length);
    },
  ));
});

Deno.test("truncateEvent() does not cut between the two escapes of a character", () => {
  for (const pair of ["\\ud83d\\ude00", "\\uD83D\\uDE00"]) {
    for (let before = 0; before < 12; before++) {
      const long = `${"x".repeat(before)}${pair.repeat(200)}`;
      for (const value of [`"${long}"`, `["${long}"]`]) {
        const object = `{"k":${value}}`;
        for (const event of [object, JSON.stringify(object)]) {
          const shorter = decode(truncateEvent(encode(`{"event":${event}}`), 700)!);
          const parsed = JSON.parse(shorter).event;
          const { k } = typeof parsed === "string" ? JSON.parse(parsed) : parsed;
          assert.ok(k.isWellFormed(), k);
          assert.ok(k.length > 50);
        }
      }
    }
  }
});
