import assert from "node:assert/strict";
import { pastTime, placeInShard, readTime, shardList } from "../../src/cli/option_values.ts";

const NOW_MS = Date.UTC(2026, 9, 6, 8, 30, 0, 250);
const NOW_SEC = Math.floor(NOW_MS / 1000);

const times: [text: string, unixSec: number][] = [
  ["2026-10-06T08:00:00Z", NOW_SEC - 1800],
  ["2026-10-06T16:00:00+08:00", NOW_SEC - 1800],
  ["2026-10-06T08:00Z", NOW_SEC - 1800],
  ["-3h", NOW_SEC - 3 * 3600],
  ["-7d", NOW_SEC - 7 * 86400],
  ["-1.5h", NOW_SEC - 5400],
  ["-0s", NOW_SEC],
];
for (const [text, unixSec] of times) {
  Deno.test(`pastTime() reads ${text}`, () => {
    assert.deepEqual(pastTime(text, NOW_MS), { text, unixSec });
  });
}

const wrong: [text: string, message: RegExp][] = [
  ["2026-10-06T08:00:00", /lacks a zone at the end/],
  ["2026-10-06", /lacks a time of day and a zone/],
  ["2026-02-30T00:00:00Z", /Expected an ISO 8601 time/],
  ["2026-10-06T08:30:01Z", /in the future \(now 2026-10-06T08:30:00/],
  ["2026-10-05T24:00:00Z", /Expected an ISO 8601 time/],
  ["2026-10-06T16:00:00+18:00", /Expected an ISO 8601 time/],
  ["2026-10-06T16:00:00+08:60", /Expected an ISO 8601 time/],
  ["-3", /Expected an ISO 8601 time/],
  ["-3 hours", /Expected an ISO 8601 time/],
  ["yesterday", /such as -3h/],
  ["1759739400", /Expected an ISO 8601 time/],
  ["", /Expected an ISO 8601 time/],
];
for (const [text, message] of wrong) {
  Deno.test(`pastTime() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => pastTime(text, NOW_MS), { code: "commander.invalidArgument", message });
  });
}

const anyTimes: [text: string, unixMs: number][] = [
  ["2026-10-06T08:30:00.125Z", NOW_MS - 125],
  ["2026-10-06T08:30:00.12500000000Z", NOW_MS - 125],
  ["2026-10-06T16:30+0800", NOW_MS - 250],
  ["2026-10-07T00:00:00+14:00", Date.UTC(2026, 9, 6, 10)],
  ["2999-01-01T00:00:00Z", Date.UTC(2999, 0, 1)],
  ["1969-12-31T23:59:59Z", -1000],
  ["-250ms", NOW_MS - 250],
  ["-3h", NOW_MS - 3 * 3600_000],
];
for (const [text, unixMs] of anyTimes) {
  Deno.test(`readTime() reads ${text}`, () => assert.equal(readTime(text, NOW_MS), unixMs));
}

Deno.test("pastTime() takes no time before 1970", () => {
  assert.throws(() => pastTime("1969-12-31T23:59:59Z", NOW_MS), /since 1970/);
});

Deno.test("placeInShard() also takes both ends", () => {
  assert.equal(placeInShard("begin"), "begin");
  assert.equal(placeInShard("end"), "end");
  assert.throws(() => placeInShard("middle"), /Expected/);
});

Deno.test("shardList() reads numbers and ranges, each shard once", () => {
  assert.deepEqual(shardList("3"), [3]);
  assert.deepEqual(shardList("5,0, 2-4,3"), [0, 2, 3, 4, 5]);
  for (const text of ["", "a", "1,", "3-1", "-1", "1.5", "0-9999999"]) {
    assert.throws(() => shardList(text), /Expected shard numbers/, text);
  }
});
