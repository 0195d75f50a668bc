import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import type { EventMapping } from "../../src/core/event_format.ts";
import type { EventRoute, EventTextPart, EventValues } from "../../src/core/event_values.ts";
import { damage, page, routedMapping } from "./pages.ts";
import { type GroupShape, writePage } from "./page_writer.ts";
import { mappingOf } from "./short_mapping.ts";
import { corePage, fillInto, POSITION, reference, ROOMY, transcode } from "./transcode_page.ts";

Deno.test("Core writes what the slow reference writes, for any page, routes and templates", () => {
  fc.assert(
    fc.property(page, routedMapping, fc.boolean(), (bytes, mapping, counts) => {
      const at = counts ? POSITION : { firstGroup: undefined, pageCursor: "MTAw" };
      assert.deepEqual(transcode(bytes, mapping, at), reference(bytes, mapping, at));
    }),
    { numRuns: 2500 },
  );
});

Deno.test("Core refuses a damaged page where the slow reference does, also with routes", () => {
  fc.assert(
    fc.property(page, damage, routedMapping, (bytes, harm, mapping) => {
      const damaged = harm(bytes);
      assert.deepEqual(transcode(damaged, mapping), reference(damaged, mapping));
    }),
    { numRuns: 1500 },
  );
});

Deno.test("Core continues pages with routes that take turns, in batches of any size", () => {
  fc.assert(
    fc.property(
      fc.tuple(page, routedMapping),
      fc.tuple(page, routedMapping),
      fc.integer({ min: 1, max: 3000 }),
      (first, second, maxBytes) => {
        const core = new Core();
        const turns = [first, second].map(([bytes, mapping]) => {
          const events: string[] = [];
          return { page: corePage(bytes, mapping), events, expected: reference(bytes, mapping) };
        });
        for (const { page } of turns) core.begin(page);
        for (let open = [...turns]; open.length > 0;) {
          open = open.filter(({ page, events }) => {
            return fillInto(events, core, page, { ...ROOMY, maxBytes });
          });
        }
        for (const { events, expected } of turns) assert.deepEqual(events, expected.events);
      },
    ),
    { numRuns: 500 },
  );
});

const tag = (name: string): EventTextPart => ({ of: "tag", name });
const EVENT_OF = { topic: "t", source: "10.0.0.1", logs: [{ time: 7 }] };

function valuesOf(values: Partial<EventValues>): EventValues {
  return {
    host: undefined,
    source: undefined,
    sourcetype: undefined,
    index: undefined,
    fields: {},
    expandJson: {},
    ...values,
  };
}

function withRoutes(routes: readonly EventRoute[], own: Partial<EventMapping> = {}): EventMapping {
  return { ...mappingOf({ eventFormat: "object", expandJson: {} }), ...own, routes };
}

/** Whether a group is dropped by a route. */
const matches: [
  sentence: string,
  route: Partial<EventRoute>,
  group: GroupShape,
  matches: boolean,
][] = [
  ["no condition", {}, {}, true],
  ["its topic", { topic: ["a", "t"] }, { topic: "t" }, true],
  ["another topic", { topic: ["a", "tt"] }, { topic: "t" }, false],
  ["no topic by an empty one", { topic: [""] }, {}, true],
  ["no topic of none", { topic: [] }, { topic: "t" }, false],
  ["a star at the end", { topic: ["web-*"] }, { topic: "web-1" }, true],
  ["a star that stands for nothing", { topic: ["web*"] }, { topic: "web" }, true],
  ["a star in the middle", { topic: ["a*z"] }, { topic: "a..z..z" }, true],
  ["stars that need another try", { topic: ["*ab*ab"] }, { topic: "xabyaab" }, true],
  ["stars that do not fit", { topic: ["*ab*ab"] }, { topic: "xab" }, false],
  ["upper case apart", { topic: ["WEB"] }, { topic: "web" }, false],
  ["a tag", { tag: { env: ["prod"] } }, { tags: [["env", "prod"]] }, true],
  ["a tag that is missing", { tag: { env: ["*"] } }, { tags: [["x", "prod"]] }, false],
  ["each tag", { tag: { a: ["1"], b: ["2"] } }, { tags: [["a", "1"], ["b", "2"]] }, true],
  ["one tag of two", { tag: { a: ["1"], b: ["2"] } }, { tags: [["a", "1"], ["b", "3"]] }, false],
  ["topic without tag", { topic: ["t"], tag: { a: ["1"] } }, { topic: "t" }, false],
  ["the last of a repeated tag", { tag: { a: ["2"] } }, { tags: [["a", "1"], ["a", "2"]] }, true],
];
for (const [sentence, route, group, expected] of matches) {
  Deno.test(`A route ${expected ? "matches" : "does not match"} ${sentence}`, () => {
    const bytes = writePage([{ logs: [{ time: 1 }], ...group }]);
    const mapping = withRoutes([{ topic: undefined, tag: {}, values: "drop", ...route }]);
    assert.equal(transcode(bytes, mapping).events.length, expected ? 0 : 1);
    assert.deepEqual(transcode(bytes, mapping), reference(bytes, mapping));
  });
}

const envelopes: [sentence: string, own: Partial<EventMapping>, group: GroupShape, head: string][] =
  [
    [
      "fills in topic, source address and tags, escaped",
      { host: [tag("n"), "@", { of: "source" }], source: ["sls:", { of: "topic" }] },
      { ...EVENT_OF, topic: 'a"b', tags: [["n", "x\n"]] },
      '{"time":7,"host":"x\\n@10.0.0.1","source":"sls:a\\"b","event":',
    ],
    [
      "leaves a key out whose text comes out empty",
      { host: [tag("n")], index: [tag("n")], fields: { a: [tag("n")] } },
      EVENT_OF,
      '{"time":7,"event":',
    ],
    ["leaves a key out that is none", { host: undefined }, EVENT_OF, '{"time":7,"event":'],
    [
      "adds fields beside the event id",
      { eventIdPrefix: "p/", fields: { account: ["1"], region: [{ of: "topic" }] } },
      EVENT_OF,
      '{"time":7,"host":"10.0.0.1","fields":{"sls_id":"p/100#0","account":"1","region":"t"},"event":',
    ],
    [
      "adds fields without an event id",
      { fields: { none: [tag("n")], account: ["1"], region: ["r"] } },
      EVENT_OF,
      '{"time":7,"host":"10.0.0.1","fields":{"account":"1","region":"r"},"event":',
    ],
    [
      "takes the fallback for an index that is none",
      { index: [tag("team")], fallbackIndex: "last" },
      { ...EVENT_OF, tags: [["team", "Web Team"]] },
      '{"time":7,"host":"10.0.0.1","index":"last","event":',
    ],
    [
      "takes an index that can be one",
      { index: ["team_", tag("team")], fallbackIndex: "last" },
      { ...EVENT_OF, tags: [["team", "web-1"]] },
      '{"time":7,"host":"10.0.0.1","index":"team_web-1","event":',
    ],
  ];
for (const [sentence, own, group, head] of envelopes) {
  Deno.test(`EventMapping with templates ${sentence}`, () => {
    const mapping = withRoutes([], own);
    const [event = ""] = transcode(writePage([group]), mapping).events;
    assert.equal(event.slice(0, head.length), head);
    assert.deepEqual(
      transcode(writePage([group]), mapping),
      reference(writePage([group]), mapping),
    );
  });
}

Deno.test("A route's own list of fields to expand counts whatever the topic", () => {
  const log = { time: 1, contents: [["a", "[1]"], ["b", "[2]"]] as const };
  const bytes = writePage([{ topic: "t", logs: [log] }, { topic: "u", logs: [log] }]);
  const mapping = withRoutes(
    [{ topic: ["u"], tag: {}, values: valuesOf({ expandJson: ["b"] }) }],
    { expandJson: { t: ["a"], u: ["a"] } },
  );
  const parts = transcode(bytes, mapping).events.map((text) => /"a":.*\]/.exec(text)?.[0]);
  assert.deepEqual(parts, ['"a":[1],"b":"[2]', '"a":"[1]","b":[2]']);
});

/** Fills until the page ends; returns the sums. */
function totals(bytes: Uint8Array, mapping: EventMapping, maxEvents = 1) {
  const core = new Core();
  const opened = corePage(bytes, mapping);
  core.begin(opened);
  const sums = { events: 0, dropped: 0, replaced: 0 };
  for (;;) {
    const buffer = new BatchBuffer();
    const end = core.fill(opened, buffer, { ...ROOMY, maxEvents });
    sums.events += buffer.count + Number(end === "malformed");
    sums.dropped += core.droppedLogs;
    sums.replaced += core.replacedIndexes;
    if (end === "page_end") return sums;
  }
}

Deno.test("Core counts the logs that it drops, malformed ones too, and the indexes that it replaces", () => {
  const logs = Array.from({ length: 3 }, () => ({ time: 1 }));
  const bytes = writePage([
    { topic: "drop", logs },
    { topic: "keep", tags: [["i", "BAD"]], logs },
    { topic: "drop", logs },
    { topic: "keep", tags: [["i", "good"]], logs },
    { topic: "drop", logs },
  ]);
  const mapping = withRoutes([{ topic: ["drop"], tag: {}, values: "drop" }], {
    index: [tag("i")],
    fallbackIndex: "last",
  });
  assert.deepEqual(totals(bytes, mapping), { events: 6, dropped: 9, replaced: 3 });
  const broken = bytes.slice();
  broken[4] = 0x0f; // the first log is no message any more
  assert.deepEqual(totals(broken, mapping), { events: 6, dropped: 9, replaced: 3 });
});

Deno.test("Events keep their ids when a route drops groups before them, in a page without cursors of groups too", () => {
  const logs = [{ time: 1 }, { time: 2 }];
  const bytes = writePage([{ topic: "a", logs }, { topic: "b", logs }]);
  const ids = (routes: readonly EventRoute[], firstGroup: bigint | undefined) =>
    transcode(bytes, withRoutes(routes, { eventIdPrefix: "p/" }), {
      firstGroup,
      pageCursor: "MTAw",
    }).events.map((text) => /"sls_id":"([^"]*)/.exec(text)?.[1]);
  for (const firstGroup of [undefined, 7n]) {
    const kept = ids([{ topic: ["a"], tag: {}, values: "drop" }], firstGroup);
    assert.deepEqual(kept, ids([], firstGroup).slice(2));
  }
});

Deno.test("A mapping with a hundred routes of long texts finds room", () => {
  const long = "x".repeat(2000);
  const routes = Array.from({ length: 100 }, (_, i): EventRoute => ({
    topic: [`${long}${i}`],
    tag: {},
    values: valuesOf({ host: [long, { of: "topic" }, { of: "topic" }], fields: { f: [long] } }),
  }));
  const bytes = writePage([{ topic: `${long}99`, logs: [{ time: 1 }] }]);
  const mapping = withRoutes(routes);
  assert.deepEqual(transcode(bytes, mapping), reference(bytes, mapping));
});
