import assert from "node:assert/strict";
import type { ShortMapping } from "./short_mapping.ts";
import { type GroupShape, writePage } from "./page_writer.ts";
import { PLAIN_MAPPING, reference, transcode } from "./transcode_page.ts";

const group: GroupShape = {
  topic: "t",
  source: "10.0.0.1",
  logs: [{ time: 7, contents: [["a", "b"]] }],
};
const EVENT = '"event":{"__topic__":"t","__source__":"10.0.0.1","a":"b"}';

const envelopes: [
  sentence: string,
  mapping: Partial<ShortMapping>,
  group: GroupShape,
  envelope: string,
][] = [
  ["takes the host from the group's source", {}, group, `{"time":7,"host":"10.0.0.1",${EVENT}}`],
  ["prefers its own host", { host: "h" }, group, `{"time":7,"host":"h",${EVENT}}`],
  [
    "names no host when the source is empty, so that the token's own applies",
    {},
    { logs: [{ time: 7 }] },
    '{"time":7,"event":{"__topic__":"","__source__":""}}',
  ],
  [
    "makes the source valid UTF-8 in host and event",
    {},
    { source: Uint8Array.of(0x61, 0xff, 0x22), logs: [{ time: 7 }] },
    '{"time":7,"host":"a\ufffd\\"","event":{"__topic__":"","__source__":"a\ufffd\\""}}',
  ],
  [
    "writes source, sourcetype, index and event id in this order",
    { source: "src", sourcetype: "st", index: "ix", eventIdPrefix: "p/l/0/" },
    group,
    '{"time":7,"host":"10.0.0.1","source":"src","sourcetype":"st","index":"ix",' +
    `"fields":{"sls_id":"p/l/0/100#0"},${EVENT}}`,
  ],
  [
    "escapes what it is given",
    { host: 'h"', source: "s\\", sourcetype: "t\n", index: "i\ud800", eventIdPrefix: 'p"/' },
    { logs: [{ time: 7 }] },
    '{"time":7,"host":"h\\"","source":"s\\\\","sourcetype":"t\\n","index":"i\ufffd",' +
    '"fields":{"sls_id":"p\\"/100#0"},"event":{"__topic__":"","__source__":""}}',
  ],
  [
    "writes the event as text that holds the object",
    { eventFormat: "text", eventIdPrefix: "p/" },
    { logs: [{ time: 7, contents: [['q"', "\u0001\n\\"]] }] },
    '{"time":7,"fields":{"sls_id":"p/100#0"},"event":' +
    JSON.stringify('{"__topic__":"","__source__":"","q\\"":"\\u0001\\n\\\\"}') + "}",
  ],
];
for (const [sentence, mapping, shape, expected] of envelopes) {
  Deno.test(`ShortMapping ${sentence}`, () => {
    const page = writePage([shape]);
    assert.deepEqual(transcode(page, { ...PLAIN_MAPPING, ...mapping }).events, [expected]);
    assert.deepEqual(reference(page, { ...PLAIN_MAPPING, ...mapping }).events, [expected]);
  });
}

const JSON_TEXT = '{"n":9007199254740993,"b":1,"a":[true,null]}';

const expansions: [sentence: string, value: string | Uint8Array, written: string][] = [
  ["splices an object as it stands", JSON_TEXT, JSON_TEXT],
  ["splices a scalar", "1e400", "1e400"],
  ["keeps space around and inside", " [ 1 ] ", " [ 1 ] "],
  ["leaves invalid JSON a string", '{"a":NaN}', '"{\\"a\\":NaN}"'],
  ["leaves an empty value a string", "", '""'],
  ["leaves JSON with something behind it a string", "{}x", '"{}x"'],
  ["makes broken bytes inside strings U+FFFD", Uint8Array.of(0x22, 0xff, 0x22), '"\ufffd"'],
  ["leaves broken bytes outside strings a string", Uint8Array.of(0x31, 0xff), '"1\ufffd"'],
  [
    "leaves JSON that is nested too deep a string",
    "[".repeat(513) + "]".repeat(513),
    `"${"[".repeat(513) + "]".repeat(513)}"`,
  ],
];
for (const [sentence, value, written] of expansions) {
  for (const format of ["object", "text"] as const) {
    Deno.test(`ShortMapping with expand_json ${sentence}, as ${format}`, () => {
      const mapping: ShortMapping = {
        eventFormat: format,
        expandJson: { trail: ["event", "other"] },
      };
      const shape: GroupShape = {
        topic: "trail",
        logs: [{ time: 1, contents: [["event", value], ["plain", JSON_TEXT]] }],
      };
      const page = writePage([shape, shape]);
      const object = `{"__topic__":"trail","__source__":"","event":${written},"plain":${
        JSON.stringify(JSON_TEXT)
      }}`;
      const event = format === "text" ? JSON.stringify(object) : object;
      const { events } = transcode(page, mapping);
      assert.deepEqual(events, Array(2).fill(`{"time":1,"event":${event}}`));
      assert.deepEqual(events, reference(page, mapping).events);
    });
  }
}

const keys = [
  "event",
  'quo"te',
  "tab\t",
  "\ufffd",
  "__topic__",
  "__source__",
  "__tag__:x",
  "",
  "åä",
];
for (const key of keys) {
  Deno.test(`ShortMapping with expand_json of ${JSON.stringify(key)} expands contents of that key alone`, () => {
    const mapping: ShortMapping = {
      eventFormat: "object",
      expandJson: { "[1]": [key], other: ["a"] },
    };
    const logs = [{ time: 1, contents: [[key, "[2]"], ["a", "[3]"]] as [string, string][] }];
    const shared = { topic: "[1]", source: "[4]", tags: [["x", "[5]"]] as [string, string][] };
    // The first log of its kind goes the general way, the second the fast one.
    const page = writePage([{ ...shared, logs: [...logs, ...logs, { time: 2 }] }, { logs }]);
    const { events } = transcode(page, mapping);
    assert.deepEqual(events, reference(page, mapping).events);
    const parsed = events.map((event) => JSON.parse(event).event);
    assert.deepEqual(parsed.map((event) => event[key]), [
      ...[[2], [2]],
      key === "__topic__"
        ? "[1]"
        : key === "__source__"
        ? "[4]"
        : key === "__tag__:x"
        ? "[5]"
        : undefined,
      "[2]", // of a group with another topic
    ]);
    assert.equal(parsed[1].a, "[3]");
  });
}

Deno.test("ShortMapping with expand_json decides by the topic of each group, never by a content key", () => {
  const mapping: ShortMapping = { eventFormat: "object", expandJson: { trail: ["event"] } };
  const contents: [string, string][] = [["__topic__", "trail"], ["event", "{}"]];
  const page = writePage([
    { topic: "trail", logs: [{ contents }] },
    { topic: "trails", logs: [{ contents }] },
    { topic: "trai", logs: [{ contents }] },
    { logs: [{ contents }] },
  ]);
  const { events } = transcode(page, mapping);
  assert.deepEqual(events.map((event) => JSON.parse(event).event.event), [{}, "{}", "{}", "{}"]);
});
