import assert from "node:assert/strict";
import type { z } from "zod";
import { byteSize, duration } from "../../src/config/types/quantities.ts";
import {
  choice,
  compression,
  filePath,
  flag,
  secretText,
  textValue,
  wholeNumber,
} from "../../src/config/types/scalars.ts";
import { startPosition } from "../../src/config/types/times.ts";

const aDuration = duration({ min: "0s", max: "1d" });
const aSize = byteSize({ min: "1B", max: "1GB" });
const atTime = (unixSec: number) => ({ unixSec });

const good: [name: string, type: z.ZodType, text: string, value: unknown][] = [
  ["duration()", aDuration, "0s", 0],
  ["duration()", aDuration, "500ms", 500],
  ["duration()", aDuration, "20s", 20_000],
  ["duration()", aDuration, "1.5s", 1_500],
  ["duration()", aDuration, "5m", 300_000],
  ["duration()", aDuration, "1h", 3_600_000],
  ["duration()", aDuration, "1d", 86_400_000],
  ["duration()", aDuration, "20 s", 20_000],
  ["duration() in whole seconds", duration({ min: "1s", wholeSeconds: true }), "1m", 60_000],
  ["byteSize()", aSize, "1B", 1],
  ["byteSize()", aSize, "500KB", 500_000],
  ["byteSize()", aSize, "1MB", 1_000_000],
  ["byteSize()", aSize, "1 MB", 1_000_000],
  ["byteSize()", aSize, "4.9MB", 4_900_000],
  ["byteSize()", aSize, "1GB", 1_000_000_000],
  ["byteSize()", aSize, "1KiB", 1_024],
  ["byteSize()", aSize, "2MiB", 2_097_152],
  ["byteSize()", aSize, "0.5GiB", 536_870_912],
  ["wholeNumber()", wholeNumber({ min: 0, max: 10 }), "0", 0],
  ["wholeNumber()", wholeNumber({ min: 0, max: 10 }), "10", 10],
  ["compression()", compression(), "true", true],
  ["compression()", compression(), "zlib", "zlib"],
  ["compression()", compression(), "false", false],
  ["flag()", flag(), "true", true],
  ["flag()", flag(), "false", false],
  ["choice()", choice("on", "off"), "on", "on"],
  ["textValue()", textValue({ what: "a text" }), "日本 ✓", "日本 ✓"],
  [
    "textValue() of several lines",
    textValue({ what: "a", multiline: true }),
    "* |\n x\n",
    "* |\n x",
  ],
  ["filePath()", filePath("file"), "a/b.pem", "a/b.pem"],
  ["filePath()", filePath("folder"), "a/b/", "a/b/"],
  ["startPosition()", startPosition(), "begin", "begin"],
  ["startPosition()", startPosition(), "end", "end"],
  ["startPosition()", startPosition(), "2026-10-06T08:30:00Z", atTime(1_791_275_400)],
  ["startPosition()", startPosition(), "2026-10-06T08:30Z", atTime(1_791_275_400)],
  ["startPosition()", startPosition(), "2026-10-06T16:30:00+08:00", atTime(1_791_275_400)],
  ["startPosition()", startPosition(), "2026-10-06T03:00:00.999-0530", atTime(1_791_275_400)],
  ["startPosition()", startPosition(), "1970-01-01T00:00:00Z", atTime(0)],
];
for (const [name, type, text, value] of good) {
  Deno.test(`${name} reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(type.parse(text), value);
  });
}

const bad: [name: string, type: z.ZodType, text: string, expected: RegExp][] = [
  ["duration()", aDuration, "20", /^a unit after the number: .* \(units: ms, s, m, h or d\)$/],
  ["duration()", aDuration, "0", /^a unit after the number/],
  ["duration()", aDuration, "", /^a duration from 0s to 1d, such as 20s/],
  ["duration()", aDuration, "20  s", /^a duration/],
  ["duration()", aDuration, "-1s", /^a duration/],
  ["duration()", aDuration, "1S", /^a duration/],
  ["duration()", aDuration, "1e3s", /^a duration/],
  ["duration()", aDuration, "1h30m", /^a duration/],
  ["duration()", aDuration, "1constructor", /^a duration/],
  ["duration() over its bound", aDuration, "25h", /to 1d/],
  ["duration() under its bound", duration({ min: "1s" }), "999ms", /^a duration from 1s/],
  [
    "duration() above 20s, with an example that it takes",
    duration({ min: "1m" }),
    "20s",
    /^a duration from 1m to 1d, such as 1m /,
  ],
  [
    "byteSize() above 1MB, with an example that it takes",
    byteSize({ min: "32MB", max: "1GB" }),
    "1MB",
    /^a size from 32MB to 1GB, such as 32MB /,
  ],
  ["duration()", aDuration, "0.5ms", /^a duration/],
  ["duration() in whole seconds", duration({ min: "1s", wholeSeconds: true }), "1500ms", /whole/],
  ["byteSize()", aSize, "1000000", /^a unit after the number: a size from 1B to 1GB/],
  ["byteSize()", aSize, "1mb", /^a size/],
  ["byteSize()", aSize, "1M", /^a size/],
  ["byteSize()", aSize, "0.1KiB", /^a size/],
  ["byteSize()", aSize, "0B", /^a size/],
  ["byteSize()", aSize, "999999999999999GB", /^a size/],
  ["wholeNumber()", wholeNumber({ min: 1, max: 10 }), "0", /^a whole number from 1 to 10$/],
  ["wholeNumber()", wholeNumber({ min: 1, max: 10 }), "11", /from 1 to 10/],
  ["wholeNumber()", wholeNumber({ min: 1, max: 10 }), "0x5", /from 1 to 10/],
  ["wholeNumber()", wholeNumber({ min: 1, max: 10 }), "5.0", /from 1 to 10/],
  ["wholeNumber()", wholeNumber({ min: 1, max: 10 }), "", /from 1 to 10/],
  ["compression()", compression(), "gzip", /^true, zlib or false$/],
  ["flag()", flag(), "yes", /^true or false$/],
  ["flag()", flag(), "True", /^true or false$/],
  ["choice()", choice("on", "off"), "true", /^one of: on, off$/],
  ["textValue()", textValue({ what: "a text" }), "", /^a text: 1 to 1024 characters/],
  ["textValue()", textValue({ what: "a text" }), "a\nb", /no control characters$/],
  ["textValue()", textValue({ what: "a text" }), "a\u009bb", /no control characters$/],
  ["textValue()", textValue({ what: "a text" }), "\ud800", /^a text/],
  ["textValue()", textValue({ what: "a text", maxLength: 3 }), "abcd", /1 to 3 characters/],
  ["textValue() by its pattern", textValue({ what: "a name", pattern: /^a+$/ }), "ab", /^a name$/],
  [
    "textValue() of several lines",
    textValue({ what: "a text", multiline: true }),
    " \n ",
    /^a text/,
  ],
  ["secretText()", secretText("a key"), "", /^a key: visible ASCII/],
  ["secretText()", secretText("a key"), "a b", /^a key: visible ASCII/],
  ["secretText()", secretText("a key"), "a\n", /^a key: visible ASCII/],
  ["filePath()", filePath("file"), "a/", /^the path of a file/],
  ["filePath()", filePath("file"), "", /^the path of a file/],
  ["filePath()", filePath("folder"), "a\0b", /^the path of a folder/],
  ["filePath()", filePath("folder"), "a,b", /no comma$/],
  ["filePath()", filePath("file"), "/a,/b", /no comma$/],
  ["startPosition()", startPosition(), "now", /^begin, end, or an ISO 8601 time/],
  ["startPosition()", startPosition(), "1791275400", /^begin, end/],
  ["startPosition()", startPosition(), "2026-10-06T24:00:00Z", /^begin, end, or an ISO 8601 time/],
  ["startPosition()", startPosition(), "2026-10-06T00:00:00+18:00", /^begin, end, or an ISO/],
  ["startPosition()", startPosition(), "2026-10-06", /^a time of day and a zone too/],
  [
    "startPosition()",
    startPosition(),
    "2026-10-06T08:30:00",
    /^a zone at the end \(Z or \+08:00\)/,
  ],
  ["startPosition()", startPosition(), "2026-02-30T08:30:00Z", /^begin, end/],
  ["startPosition()", startPosition(), "2026-10-06T24:00:01Z", /^begin, end/],
  ["startPosition()", startPosition(), "2026-10-06T08:30:00+25:00", /^begin, end/],
  ["startPosition()", startPosition(), "1969-12-31T23:59:59Z", /^a time since 1970/],
];
for (const [name, type, text, expected] of bad) {
  Deno.test(`${name} refuses ${JSON.stringify(text)}`, () => {
    const message = type.safeParse(text).error?.issues[0]?.message ?? "nothing was refused";
    assert.match(message, expected);
  });
}

Deno.test("secretText() gives a value that does not print", () => {
  const secret = secretText("a key").parse("s3cret");
  assert.equal(`${secret} ${JSON.stringify(secret)}`, `[secret] "[secret]"`);
  assert.equal(secret.reveal(), "s3cret");
});
