import assert from "node:assert/strict";
import { Core } from "../../src/core/core.ts";
import { mappingOf } from "./short_mapping.ts";
import { mappingBytes } from "../../src/core/event_format.ts";
import { bytes, join, number, pair, varint, writePage } from "./page_writer.ts";
import { PLAIN_MAPPING, reference, transcode } from "./transcode_page.ts";

const ff = (count: number) => new Uint8Array(count).fill(0xff);
const log = bytes(1, join(number(1, 1), bytes(2, pair(["a", "b"]))));

/** Pages whose frame is broken: no part of them is used. */
const pages: [sentence: string, page: Uint8Array][] = [
  ["a tag alone", Uint8Array.of(0x0a)],
  ["a length that runs past the page", join(Uint8Array.of(0x0a), varint(5), Uint8Array.of(0x0a))],
  ["a length of 4 GiB", join(Uint8Array.of(0x0a), varint(2 ** 32 - 1))],
  ["a length of 2^32, whose low bits are 0", join(Uint8Array.of(0x0a), varint(2 ** 32))],
  ["a length of 2^63, whose low bits are 0", join(Uint8Array.of(0x0a), varint(2n ** 63n))],
  ["a tag whose low bits are those of a log group", join(varint(2 ** 32 + 0x0a), varint(0))],
  ["a varint of eleven bytes", join(Uint8Array.of(0x10), ff(10), Uint8Array.of(1))],
  ["a varint without an end", join(Uint8Array.of(0x10), ff(5))],
  ["nothing but set bits", ff(100)],
  ["zeros, which are field number 0", new Uint8Array(16)],
  ["zeros behind a whole group", join(bytes(1, log), new Uint8Array(8))],
  ["a group of wire type 3", Uint8Array.of(1 << 3 | 3)],
  ["the end of a group, wire type 4", Uint8Array.of(1 << 3 | 4)],
  ["wire type 6", Uint8Array.of(1 << 3 | 6, 0)],
  ["wire type 7", Uint8Array.of(1 << 3 | 7, 0)],
  ["eight bytes of which three are there", Uint8Array.of(1 << 3 | 1, 1, 2, 3)],
  ["four bytes of which three are there", Uint8Array.of(9 << 3 | 5, 1, 2, 3)],
  ["a topic that runs past its group", bytes(1, join(log, Uint8Array.of(0x1a, 9)))],
  ["a tag's value that runs past the tag", bytes(1, join(log, bytes(6, Uint8Array.of(0x12, 1))))],
  [
    "a log that runs past its group, with more behind",
    join(
      bytes(1, Uint8Array.of(0x0a, 3, 0x08)),
      bytes(1, log),
    ),
  ],
];
for (const [sentence, page] of pages) {
  Deno.test(`Core refuses ${sentence}`, () => {
    assert.deepEqual(transcode(page), { events: [], whole: false });
    assert.deepEqual(reference(page), { events: [], whole: false });
  });
}

/** Logs that are not a message, each between two whole ones. */
const logs: [sentence: string, broken: Uint8Array][] = [
  ["a content that runs past its log", Uint8Array.of(0x12, 1)],
  ["a value that runs past its content", bytes(2, Uint8Array.of(0x0a, 1, 0x61, 0x12, 2, 0x62))],
  ["nanoseconds that run past their log", Uint8Array.of(0x25, 1, 2, 3)],
  ["a time that runs past its log", Uint8Array.of(0x08, 0x80)],
  ["a field of wire type 3", join(number(1, 7), Uint8Array.of(0x0b))],
  ["zeros", new Uint8Array(4)],
];
for (const [sentence, broken] of logs) {
  Deno.test(`Core puts a marked event with its bytes in the place of a log with ${sentence}`, () => {
    const page = bytes(1, join(log, bytes(1, broken), log, bytes(3, "t")));
    for (const mapping of [PLAIN_MAPPING, { ...PLAIN_MAPPING, eventFormat: "text" as const }]) {
      const { events, whole } = transcode(page, mapping);
      assert.equal(whole, true);
      assert.deepEqual(events, reference(page, mapping).events);
      assert.equal(events.length, 3);
      assert.match(events[1]!, /^malformed /);
      assert.ok(events[1]!.includes(broken.toHex()), "the bytes are noted");
      assert.doesNotMatch(events[0]! + events[2]!, /malformed/);
    }
  });
}

Deno.test("Core refuses a page that is cut anywhere but between two groups", () => {
  const contents = [["key", "value"], ["k".repeat(200), "v".repeat(300)]] as const;
  const group = {
    ...{ topic: "t", source: "s", tags: [["x", "y"]] as const },
    logs: [{ timeNs: 5, contents }, { contents }],
  };
  const page = writePage([group, group, group]);
  const borders = new Set(
    [0, 1, 2, 3].map((groups) => writePage(Array(groups).fill(group)).length),
  );
  for (let length = 0; length <= page.length; length++) {
    assert.equal(
      transcode(page.subarray(0, length)).whole,
      borders.has(length),
      `cut at ${length}`,
    );
  }
});

Deno.test("Core says where and why a page is malformed, and nothing of the content", () => {
  const body = bytes(1, join(bytes(3, "secret"), Uint8Array.of(0x0b)));
  const page = {
    body,
    isLz4: false,
    rawBytes: body.length,
    mapping: mappingBytes(mappingOf(PLAIN_MAPPING)),
    cursor: new Uint8Array(0),
    cursorCounts: false,
  };
  const core = new Core();
  assert.equal(core.begin(page), "malformed");
  assert.deepEqual(core.failure, { what: "a field of wire type 3", offset: body.length });
});
