import assert from "node:assert/strict";
import fc from "fast-check";
import { JsonScanner } from "../../../src/emulator/core/hec/json_scanner.ts";

/** Whether the scanner reads all of `text` as one JSON value. */
function accepts(text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  const scanner = new JsonScanner(bytes);
  if (!scanner.skipValue()) return false;
  scanner.skipSpace();
  return scanner.at === bytes.length;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

for (
  const text of [
    '""',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D"',
    '"日本 \u007f"',
    "0",
    "-0",
    "-0.5e-7",
    "12E+3",
    "123456789012345678901234567890",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    ' { "a" : [ 1 , { "b" : null } , "c" ] , "" : {} } ',
  ]
) {
  Deno.test(`JsonScanner accepts ${text}`, () => assert.equal(accepts(text), true));
}

for (
  const text of [
    "",
    " ",
    '"',
    '"\\',
    '"\\u12',
    '"\\u12g4"',
    '"\\x41"',
    '"\n"',
    '"\0"',
    "'a'",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    "NaN",
    "tru",
    "nul",
    "True",
    "{",
    "[",
    "{]",
    "[}",
    "[1,]",
    "[,1]",
    "[1 2]",
    '{"a":1,}',
    '{"a" 1}',
    "{a:1}",
    '{"a":}',
    "{,}",
    "\ufeff1",
    "1 1",
  ]
) {
  Deno.test(`JsonScanner refuses ${JSON.stringify(text)}`, () => {
    assert.equal(accepts(text), false);
  });
}

Deno.test("JsonScanner agrees with JSON.parse on JSON and on JSON with one character changed", () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom(...'{}[]",:\\u0e.- \n\tx'),
      (json, place, character) => {
        assert.equal(accepts(json), true);
        const at = place % json.length;
        const changed = json.slice(0, at) + character + json.slice(at + 1);
        assert.equal(accepts(changed), parses(changed), changed);
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("JsonScanner refuses nesting above 512 instead of overflowing the stack", () => {
  assert.equal(accepts("[".repeat(512) + "]".repeat(512)), true);
  assert.equal(accepts("[".repeat(513) + "]".repeat(513)), false);
  assert.equal(accepts("[".repeat(1_000_000)), false);
  assert.equal(accepts('{"a":'.repeat(1_000_000)), false);
});

Deno.test("JsonScanner lets bytes that are not UTF-8 pass inside strings", () => {
  const bytes = new Uint8Array([0x22, 0xff, 0xc0, 0x80, 0x22]);
  const scanner = new JsonScanner(bytes);
  assert.equal(scanner.skipValue(), true);
  assert.equal(scanner.at, bytes.length);
});
