import assert from "node:assert/strict";
import {
  advanceCursor,
  cursorBefore,
  decodeCursor,
  encodeCursor,
  groupsBetween,
  hasReached,
  isCursorBefore,
} from "../../src/base/cursor.ts";

const cursors: [cursor: string, number: bigint | undefined][] = [
  ["MTQ0NzMyOTQwMTEwMjEzMDkwNA==", 1447329401102130904n],
  ["MTQ0NzMyOTQwMTEwMjEzMDkwNA", 1447329401102130904n], // without its padding
  ["MA==", 0n],
  ["", undefined],
  ["bm90IGEgbnVtYmVy", undefined],
  ["LTE=", undefined], // -1
  ["not base64!", undefined],
  [btoa("1".repeat(31)), undefined],
];
for (const [cursor, number] of cursors) {
  Deno.test(`decodeCursor() of "${cursor}" is ${number}`, () => {
    assert.equal(decodeCursor(cursor), number);
  });
}

Deno.test("encodeCursor() is what decodeCursor() reads", () => {
  assert.equal(encodeCursor(1447329401102130904n), "MTQ0NzMyOTQwMTEwMjEzMDkwNA==");
});

Deno.test("cursorBefore() is exact where a double is not, and stops at 0", () => {
  assert.equal(atob(cursorBefore(btoa("1447329401102130904"))!), "1447329401102130903");
  assert.equal(cursorBefore(btoa("0")), undefined);
  assert.equal(cursorBefore("no cursor"), undefined);
});

Deno.test("advanceCursor() is exact where a double is not", () => {
  assert.equal(atob(advanceCursor(btoa("1447329401102130904"), 1000)!), "1447329401102131904");
  assert.equal(advanceCursor("no cursor", 1000), undefined);
});

const distances: [from: string, to: string, groups: number | undefined, isBefore: boolean][] = [
  [btoa("7"), btoa("9"), 2, true],
  [btoa("9"), btoa("7"), -2, false],
  [btoa("7"), btoa("7"), 0, false],
  [btoa("9"), btoa("10"), 1, true],
  [btoa("1447329401102130904"), btoa("1447329401102130905"), 1, true],
  [btoa("7"), "no cursor", undefined, false],
  ["no cursor", btoa("7"), undefined, false],
];
for (const [from, to, groups, isBefore] of distances) {
  Deno.test(`groupsBetween() and isCursorBefore() of ${from} and ${to}`, () => {
    assert.equal(groupsBetween(from, to), groups);
    assert.equal(isCursorBefore(from, to), isBefore);
  });
}

const ends: [cursor: string, end: string, reached: boolean][] = [
  [btoa("7"), btoa("8"), false],
  [btoa("8"), btoa("8"), true],
  [btoa("9"), btoa("8"), true],
  ["other", "other", true],
  ["other", btoa("8"), false],
];
for (const [cursor, end, reached] of ends) {
  Deno.test(`hasReached() of ${cursor} and ${end} is ${reached}`, () => {
    assert.equal(hasReached(cursor, end), reached);
  });
}
