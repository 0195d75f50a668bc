import assert from "node:assert/strict";
import { core } from "../../src/core/core.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { PageTranscoder } from "../../src/pipeline/page_transcoder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { writePage } from "../core/page_writer.ts";
import { plainMapping } from "./pages.ts";

const NOW_SEC = Math.floor(new FakeClock().nowMs() / 1000);
const DAY_SEC = 86_400;

/** Fills batches of at most this many events with logs of these times. @returns the odd ones of each fill, and the ends. */
function fill(
  times: readonly number[],
  { maxEvents = 1000, maxBytes = 1_000_000, maxEventBytes = 1_000_000, value = "v" } = {},
): { odd: number[]; ends: string[]; events: string } {
  const limits = { maxBytes, maxEvents, maxEventBytes };
  const line = new PageTranscoder(plainMapping, limits, new FakeClock());
  const body = writePage([{
    logs: times.map((time) => ({ time, contents: [["k", value]] })),
  }]);
  const of = { cursor: "MTAw", nextCursor: "MTAx", unfiltered: true, [Symbol.dispose]: () => {} };
  line.begin({ kind: "page", body, isLz4: false, rawBytes: body.length, groupCount: 1, ...of });
  const odd: number[] = [];
  const ends: string[] = [];
  const draft = new BatchBuffer();
  let events = "";
  for (;;) {
    const end = line.fill(draft);
    odd.push(line.oddTimes);
    ends.push(typeof end === "string" ? end : end.kind);
    events += new TextDecoder().decode(core.eventsOf(draft));
    core.clear(draft);
    if (end === "page_end") return { odd, ends, events };
  }
}

const times: [sentence: string, sec: number, isOdd: boolean][] = [
  ["0", 0, true],
  ["of 1989", 631_151_999, true],
  ["of the first second of 1990", 631_152_000, false],
  ["of now", NOW_SEC, false],
  ["of a day ahead", NOW_SEC + DAY_SEC, false],
  ["of a second more than a day ahead", NOW_SEC + DAY_SEC + 1, true],
  ["of 2106", 2 ** 32 - 1, true],
];
for (const [sentence, sec, isOdd] of times) {
  Deno.test(`PageTranscoder counts a time ${sentence} as ${isOdd ? "odd" : "usual"}, and sends it as it is`, () => {
    const { odd, events } = fill([sec]);
    assert.deepEqual(odd, [isOdd ? 1 : 0]);
    assert.ok(events.startsWith(`{"time":${sec},`), events);
  });
}

Deno.test("PageTranscoder counts each log with an odd time once, over the drafts of a page", () => {
  const logs = [1, NOW_SEC, 2, 3, NOW_SEC, 4, 4];
  assert.deepEqual(fill(logs).odd, [5]);
  assert.deepEqual(fill(logs, { maxEvents: 2 }).odd, [1, 2, 1, 1]);
  // What does not fit is written a second time, into the next draft.
  const { odd } = fill(logs, { maxBytes: 300, value: "x".repeat(150) });
  assert.equal(odd.reduce((sum, count) => sum + count), 5);
  assert.ok(odd.length >= 4);
});

Deno.test("PageTranscoder counts an event with an odd time that is too large", () => {
  const { odd, ends } = fill([1], { maxEventBytes: 50 });
  assert.deepEqual([odd, ends], [[1, 0], ["oversize", "page_end"]]);
});
