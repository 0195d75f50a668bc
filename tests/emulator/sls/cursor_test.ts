import assert from "node:assert/strict";
import { decodeCursor, encodeCursor, isBase64 } from "../../../src/emulator/core/sls/cursor.ts";

Deno.test("encodeCursor() writes the vendor's example", () => {
  assert.equal(encodeCursor(1447329401102130904n), "MTQ0NzMyOTQwMTEwMjEzMDkwNA==");
});

for (
  const { text, value, why } of [
    { text: "MTQ0NzMyOTQwMTEwMjEzMDkwNA==", value: 1447329401102130904n, why: "padded" },
    { text: "MTQ0NzMyOTQwMTEwMjEzMDkwNA", value: 1447329401102130904n, why: "unpadded" },
    {
      text: "MTQ0NzMyOTQwMTEwMjEzMDkwNA==\n",
      value: 1447329401102130904n,
      why: "with a line feed",
    },
    { text: "", value: undefined, why: "empty" },
    { text: "!!!", value: undefined, why: "no base64" },
    { text: btoa("abc"), value: undefined, why: "of no number" },
    { text: btoa("-5"), value: undefined, why: "of a negative number" },
    { text: btoa("1".repeat(21)), value: undefined, why: "of too many digits" },
  ]
) {
  Deno.test(`decodeCursor() reads a text that is ${why} as ${value}`, () => {
    assert.equal(decodeCursor(text), value);
  });
}

Deno.test("isBase64() takes any base64, a number or not, and nothing else", () => {
  assert.deepEqual(["YWJj", "YWI", "", "a b", "Ä", "a"].map(isBase64), [
    true,
    true,
    true,
    true, // white space is not part of base64, and decoders skip it
    false,
    false,
  ]);
});
