import assert from "node:assert/strict";
import { Core } from "../../src/core/core.ts";
import type { ShortMapping } from "./short_mapping.ts";
import { bytes, fixed32, type GroupShape, join, number, pair, writePage } from "./page_writer.ts";
import { PLAIN_MAPPING, reference, transcode, transcodeWith } from "./transcode_page.ts";

type Contents = [string | Uint8Array, string | Uint8Array][];

/** The event text of one log, compared with the reference on the way. */
function eventOf(group: GroupShape, mapping: ShortMapping = PLAIN_MAPPING): string {
  const page = writePage([group]);
  const { events, whole } = transcode(page, mapping);
  assert.ok(whole);
  assert.deepEqual(events, reference(page, mapping).events);
  return events[0]!;
}

const cases: [sentence: string, group: GroupShape, event: string][] = [
  [
    "writes topic, source, tags and contents in this order",
    {
      ...{ topic: "t", source: "s", tags: [["x", "1"]] },
      logs: [{ time: 5, contents: [["b", "2"], ["a", "1"]] }],
    },
    '{"time":5,"host":"s","event":{"__topic__":"t","__source__":"s","__tag__:x":"1","b":"2","a":"1"}}',
  ],
  [
    "writes a log with nothing in it as an event that is not empty",
    { logs: [{ time: 0 }] },
    '{"time":0,"event":{"__topic__":"","__source__":""}}',
  ],
  [
    "writes the members of JavaScript's own objects like any other",
    { logs: [{ time: 1, contents: [["__proto__", "a"], ["constructor", "b"]] }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","__proto__":"a","constructor":"b"}}',
  ],
  [
    "writes a number above 2^53 as the text that it is",
    { logs: [{ time: 1, contents: [["n", "9007199254740993"]] }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","n":"9007199254740993"}}',
  ],
  [
    "takes the last of repeated keys, at the place of the first",
    { logs: [{ time: 1, contents: [["a", "1"], ["b", "2"], ["a", "3"]] }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","a":"3","b":"2"}}',
  ],
  [
    "takes the last of repeated tags",
    { tags: [["x", "1"], ["x", "2"]], logs: [{ time: 1 }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","__tag__:x":"2"}}',
  ],
  [
    "lets contents take the place of topic, source and tag in the event, and not in the envelope",
    {
      ...{ topic: "t", source: "s", tags: [["x", "1"]] },
      logs: [{
        time: 1,
        contents: [
          ["__source__", "fake"],
          ["__tag__:x", "fake"],
          ["__topic__", "fake"],
          ["index", "fake"],
          ["sourcetype", "fake"],
        ],
      }],
    },
    '{"time":1,"host":"s","event":{"__topic__":"fake","__source__":"fake","__tag__:x":"fake",' +
    '"index":"fake","sourcetype":"fake"}}',
  ],
  [
    "takes keys for one whose broken bytes both became U+FFFD",
    { logs: [{ time: 1, contents: [[Uint8Array.of(0xff), "1"], [Uint8Array.of(0xfe), "2"]] }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","\ufffd":"2"}}',
  ],
  [
    "keeps a byte order mark",
    { logs: [{ time: 1, contents: [["\ufeffa", "\ufeffb"]] }] },
    '{"time":1,"event":{"__topic__":"","__source__":"","\ufeffa":"\ufeffb"}}',
  ],
];
for (const [sentence, group, expected] of cases) {
  Deno.test(`Core ${sentence}`, () => assert.equal(eventOf(group), expected));
}

const times: [sentence: string, log: Uint8Array, time: string][] = [
  ["no nanoseconds", number(1, 7), "7"],
  ["nanoseconds of 0", join(number(1, 7), fixed32(4, 0)), "7.000000000"],
  ["one nanosecond", join(number(1, 7), fixed32(4, 1)), "7.000000001"],
  ["the last nanosecond", join(number(1, 7), fixed32(4, 999_999_999)), "7.999999999"],
  ["nanoseconds that are more than a second", join(number(1, 7), fixed32(4, 1e9)), "7"],
  ["all bits set in the nanoseconds", join(number(1, 7), fixed32(4, 2 ** 32 - 1)), "7"],
  ["nanoseconds before the seconds", join(fixed32(4, 5), number(1, 7)), "7.000000005"],
  ["nanoseconds as a varint, which is another field", join(number(1, 7), number(4, 5)), "7"],
  ["the time twice", join(number(1, 7), number(1, 8)), "8"],
  ["the latest time", number(1, 2 ** 32 - 1), "4294967295"],
  ["a negative time, ten bytes long", number(1, -1), "4294967295"],
  ["a time of more than 32 bits", number(1, 2 ** 32 + 9), "9"],
  ["a time in more bytes than it needs", number(1, 7, 9), "7"],
  ["no time at all", new Uint8Array(0), "0"],
];
for (const [sentence, log, time] of times) {
  Deno.test(`Core writes ${sentence} as ${time}`, () => {
    const page = bytes(1, bytes(1, log));
    assert.deepEqual(transcode(page).events, [
      `{"time":${time},"event":{"__topic__":"","__source__":""}}`,
    ]);
    assert.deepEqual(transcode(page), reference(page));
  });
}

Deno.test("Core takes the last of fields that are there twice", () => {
  const content = join(bytes(1, "no"), pair(["a", "no"]), bytes(2, "yes"));
  const page = bytes(1, join(bytes(3, "no"), bytes(1, bytes(2, content)), bytes(3, "t")));
  assert.deepEqual(transcode(page).events, [
    '{"time":0,"event":{"__topic__":"t","__source__":"","a":"yes"}}',
  ]);
});

Deno.test("Core writes topic and tags that follow the logs", () => {
  const page = bytes(1, join(bytes(1, number(1, 1)), bytes(3, "t"), bytes(6, pair(["x", "y"]))));
  assert.deepEqual(transcode(page).events, [
    '{"time":1,"event":{"__topic__":"t","__source__":"","__tag__:x":"y"}}',
  ]);
});

/** Pages whose logs have these keys, one after the other, in one group. */
function sameAsReference(kinds: readonly Contents[], repeat: number): void {
  const logs = Array.from({ length: repeat }, (_, i) => ({
    contents: kinds[i % kinds.length]!.map(([key, value]): [string | Uint8Array, string] => {
      return [key, `${value}${i}`];
    }),
  }));
  const page = writePage([{ logs }, { tags: [["k", "v"]], logs }, { logs: logs.toReversed() }]);
  const core = new Core();
  for (let turn = 0; turn < 2; turn++) {
    assert.deepEqual(transcodeWith(core, page), reference(page));
  }
}

for (const kinds of [1, 2, 8, 17, 33, 70]) {
  Deno.test(`Core writes ${kinds} kinds of logs in turns as the reference does`, () => {
    sameAsReference(
      Array.from({ length: kinds }, (_, kind) => [["same", "v"], [`key ${kind}`, "v"], ["z", "v"]]),
      5 * kinds + 3,
    );
  });
}

for (const keys of [255, 700, 2500, 20_000]) {
  Deno.test(`Core writes logs of ${keys} keys as the reference does`, () => {
    sameAsReference([Array.from({ length: keys }, (_, i) => [`key ${i}`, "v"])], 3);
  });
}

const alike: [sentence: string, kinds: Contents[]][] = [
  ["split the same bytes into keys in other places", [[["ab", ""], ["c", ""]], [["a", ""], [
    "bc",
    "",
  ]]]],
  ["are the start of one another", [[["a", ""]], [["a", ""], ["b", ""]], []]],
  ["differ in broken bytes alone", [[[Uint8Array.of(0xff), ""]], [[Uint8Array.of(0xfe), ""]]]],
  ["have the same keys in another order", [[["a", ""], ["b", ""]], [["b", ""], ["a", ""]]]],
  ["repeat a key", [[["a", ""], ["a", ""]], [["a", ""], ["b", ""]]]],
  ["are keys of the log group in some groups", [[["__tag__:k", ""]], [["__topic__", ""]]]],
  ["nearly are keys of the log group", [[["__tag_", ""]], [["__topic_", ""]], [["_", ""], [
    "",
    "",
  ]]]],
];
for (const [sentence, kinds] of alike) {
  Deno.test(`Core is not confused by logs whose keys ${sentence}`, () => {
    sameAsReference(kinds, 24);
  });
}

Deno.test("Core counts the logs of each group behind the group's cursor", () => {
  const group = { logs: [{ time: 1 }, { time: 2 }] };
  const mapping = { ...PLAIN_MAPPING, eventIdPrefix: "p/l/3/" };
  const ids = (firstGroup: bigint | undefined) =>
    transcode(writePage([group, {}, group]), mapping, { firstGroup, pageCursor: "MTAw" }).events
      .map((event) => JSON.parse(event).fields.sls_id);
  assert.deepEqual(ids(2n ** 64n), [
    "p/l/3/18446744073709551616#0",
    "p/l/3/18446744073709551616#1",
    "p/l/3/18446744073709551618#0",
    "p/l/3/18446744073709551618#1",
  ]);
  assert.deepEqual(ids(undefined), [
    "p/l/3/MTAw#0",
    "p/l/3/MTAw#1",
    "p/l/3/MTAw#2",
    "p/l/3/MTAw#3",
  ]);
});
