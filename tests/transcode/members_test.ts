import assert from "node:assert/strict";
import fc from "fast-check";
import { Members } from "../../src/transcode/members.ts";
import { key } from "./pages.ts";

const NOTHING = new Uint8Array(0);
const utf8 = new TextEncoder();

function add(
  members: Members,
  text: Uint8Array | string,
  value: number,
  prefix = NOTHING,
): boolean {
  const source = typeof text === "string" ? utf8.encode(text) : text;
  return members.add(prefix, source, 0, source.length, value, value + 1);
}

/** Keys as they are written, each with where its value lies. */
function entries(members: Members): [string, number][] {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return Array.from({ length: members.count }, (_, member) => {
    const written = members.keys.view(members.keyStart[member], members.keyStart[member + 1]);
    assert.equal(members.valueEnd[member], members.valueStart[member]! + 1);
    return [decoder.decode(written), members.valueStart[member]!];
  });
}

/** The oracle: a Map keeps the place of a key whose value is replaced. */
function expected(keys: readonly Uint8Array[]): [string, number][] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return [...new Map(keys.map((bytes, i) => [`${JSON.stringify(decoder.decode(bytes))}:`, i]))];
}

Deno.test("Members keeps the place of a repeated key and takes its last value", () => {
  const members = new Members();
  assert.equal(add(members, "a", 1), true);
  assert.equal(add(members, "b", 2), true);
  assert.equal(add(members, "a", 3), false);
  assert.deepEqual(entries(members), [['"a":', 3], ['"b":', 2]]);
});

Deno.test("Members takes keys for one that are the same once they are written", () => {
  const members = new Members();
  assert.equal(add(members, new Uint8Array([0x61, 0xff]), 1), true);
  assert.equal(add(members, new Uint8Array([0x61, 0xfe]), 2), false);
  assert.equal(add(members, "a\ufffd", 3), false);
  assert.equal(add(members, "a", 4), true);
  assert.deepEqual(entries(members), [['"a\ufffd":', 3], ['"a":', 4]]);
});

Deno.test("Members takes a prefix and a key for the same as both in one", () => {
  const members = new Members();
  const prefix = utf8.encode("__tag__:");
  assert.equal(add(members, "x", 1, prefix), true);
  assert.equal(add(members, "__tag__:x", 2), false);
  assert.equal(add(members, "", 3, prefix), true);
  assert.deepEqual(entries(members), [['"__tag__:x":', 2], ['"__tag__:":', 3]]);
});

for (const count of [0, 1, 63, 64, 65, 127, 128, 129, 257, 1000, 20_000]) {
  Deno.test(`Members holds ${count} keys, and finds each again`, () => {
    const members = new Members();
    const keys = Array.from({ length: count }, (_, i) => utf8.encode(`key ${i}`));
    for (const [i, text] of keys.entries()) assert.equal(add(members, text, i), true);
    for (const [i, text] of keys.entries()) assert.equal(add(members, text, i + 1), false);
    assert.deepEqual(entries(members), expected(keys).map(([text, i]) => [text, i + 1]));
  });
}

Deno.test("Members keeps keys as a Map does, over many objects", () => {
  const members = new Members();
  fc.assert(
    fc.property(fc.array(key, { maxLength: 300 }), (keys) => {
      members.clear();
      for (const [i, text] of keys.entries()) add(members, text, i);
      assert.deepEqual(entries(members), expected(keys));
    }),
    { numRuns: 300 },
  );
});

Deno.test("Members goes back to what was marked, values too, whatever came after", () => {
  const members = new Members();
  const lists = fc.tuple(fc.array(key, { maxLength: 100 }), fc.array(key, { maxLength: 150 }));
  fc.assert(
    fc.property(lists, ([shared, own]) => {
      members.clear();
      for (const [i, text] of shared.entries()) add(members, text, i);
      members.mark();
      for (let object = 0; object < 2; object++) {
        for (const [i, text] of own.entries()) add(members, text, shared.length + i);
        assert.deepEqual(entries(members), expected([...shared, ...own]));
        members.reset();
        assert.deepEqual(entries(members), expected(shared));
      }
    }),
    { numRuns: 300 },
  );
});
