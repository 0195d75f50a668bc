import assert from "node:assert/strict";
import fc from "fast-check";
import { globMatches } from "../../src/base/glob.ts";
import { type RouteConditions, takenBy } from "../../src/config/route_checks.ts";
import { loaded, reportOf, smallest } from "./test_sources.ts";

const withKeys = (keys: string, hec = "fallback_index: rest") =>
  smallest.replace("token: hidden-2", () => `token: hidden-2, ${hec}`)
    .replace("logstore: demo-store", (found) => `${found}, ${keys}`);
const USUAL = {
  host: [{ of: "source" }],
  source: ["sls:demo-project/demo-store"],
  sourcetype: ["usual"],
  index: ["main"],
  fields: { account: ["a"] },
  expandJson: { t: ["e"] },
};
const BASE = "index: main, sourcetype: usual, fields: {account: a}, expand_json: {t: [e]}";

const cases: [sentence: string, route: string, parsed: object][] = [
  ["a topic, with the source's values for the rest", "{topic: a, index: web}", {
    topic: ["a"],
    tag: {},
    values: { ...USUAL, index: ["web"] },
  }],
  ["topics and tags", "{topic: [a*, ''], tag: {env: prod, x: [y, z]}, sourcetype: other}", {
    topic: ["a*", ""],
    tag: { env: ["prod"], x: ["y", "z"] },
    values: { ...USUAL, sourcetype: ["other"] },
  }],
  ["no condition", "{host: h, source: s}", {
    topic: undefined,
    tag: {},
    values: { ...USUAL, host: ["h"], source: ["s"] },
  }],
  ["drop", "{topic: debug, drop: true}", { topic: ["debug"], tag: {}, values: "drop" }],
  ["none in place of the source's", "{topic: a, index: none, sourcetype: none, host: none}", {
    topic: ["a"],
    tag: {},
    values: { ...USUAL, index: undefined, sourcetype: undefined, host: undefined },
  }],
  ["fields over those of the source", '{topic: a, fields: {account: b, t: "${topic}"}}', {
    topic: ["a"],
    tag: {},
    values: { ...USUAL, fields: { account: ["b"], t: [{ of: "topic" }] } },
  }],
  ["fields that expand, whatever the topic", "{expand_json: [e, f]}", {
    topic: undefined,
    tag: {},
    values: { ...USUAL, expandJson: ["e", "f"] },
  }],
  ["nothing that expands", "{tag: {a: b}, expand_json: []}", {
    topic: undefined,
    tag: { a: ["b"] },
    values: { ...USUAL, expandJson: [] },
  }],
  ["a template", '{topic: a, index: "x_${tag:env}"}', {
    topic: ["a"],
    tag: {},
    values: { ...USUAL, index: ["x_", { of: "tag", name: "env" }] },
  }],
];
for (const [sentence, route, parsed] of cases) {
  Deno.test(`a route has ${sentence}`, () => {
    const { sources, warnings } = loaded({ text: withKeys(`${BASE}, routes: [${route}]`) });
    assert.deepEqual(sources[0].routes, [parsed]);
    assert.deepEqual(warnings, []);
  });
}

const many = (count: number, text: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => text(at)).join(", ");
const NEEDS_FALLBACK =
  "hec.fallback_index beside an index that differs by log group: events with " +
  "a name that Splunk refuses go there";
const wrong: [sentence: string, keys: string, report: RegExp, hec?: string][] = [
  [
    "values beside drop",
    "routes: [{topic: a, drop: true, index: b}]",
    /^7:83: sources\[0\]\.routes\[0\]\.drop: found "true"; expected drop alone, beside topic and tag: dropped logs have no values$/,
  ],
  [
    "a list of nothing",
    "routes: [{topic: [], drop: true}]",
    /routes\[0\]\.topic: found an empty list; expected a topic, or a list of topics, not an empty one$/,
  ],
  [
    "a topic as a mapping",
    "routes: [{topic: {a: b}, drop: true}]",
    /routes\[0\]\.topic: found a mapping; expected a topic, or a list of topics$/,
  ],
  [
    "a topic without a value",
    "routes: [{topic: , drop: true}]",
    /routes\[0\]\.topic: found nothing; expected a topic, or a list of topics$/,
  ],
  [
    "a topic with a line break",
    'routes: [{topic: ["a", "b\\n"], drop: true}]',
    /^7:80: sources\[0\]\.routes\[0\]\.topic\[1\]: found .*; expected a topic: at most 1024 characters, no control characters; \* stands for any text$/,
  ],
  [
    "tags as a list",
    "routes: [{tag: [a], drop: true}]",
    /routes\[0\]\.tag: found a list; expected a mapping of tag names to texts or lists, such as \{env: \[prod, stage\]\}$/,
  ],
  [
    "too many topics",
    `routes: [{topic: [${many(101, (at) => `t${at}`)}], drop: true}]`,
    /routes\[0\]\.topic: found a list; expected a topic, or a list of topics, at most 100$/,
  ],
  [
    "too many tags",
    `routes: [{tag: {${many(101, (at) => `t${at}: x`)}}, drop: true}]`,
    /routes\[0\]\.tag: found a mapping; expected at most 100 tags$/,
  ],
  [
    "too many fields",
    `fields: {${many(101, (at) => `t${at}: x`)}}`,
    /fields: found a mapping; expected at most 100 fields$/,
  ],
  [
    "too many routes",
    `routes: [${many(101, (at) => `{topic: t${at}, drop: true}`)}]`,
    /sources\[0\]\.routes: found a list; expected at most 100 routes$/,
  ],
  [
    "an unknown key, with the nearest",
    "routes: [{topik: a, drop: true}]",
    /routes\[0\]\.topik: found an unknown key; expected topic \(the nearest known key\)$/,
  ],
  [
    "a route that is a text",
    "routes: [drop]",
    /routes\[0\]: found .*; expected a route: a mapping such as \{topic: nginx, index: web\}$/,
  ],
  [
    "routes that are a mapping",
    "routes: {topic: a}",
    /routes: found a mapping; expected a list of routes$/,
  ],
  [
    "a template in a route's sourcetype",
    'routes: [{sourcetype: "${topic}"}]',
    /routes\[0\]\.sourcetype: found \$\{topic\}, which is not replaced here/,
  ],
  [
    "fields of a route with the event's id",
    "routes: [{fields: {sls_id: a}}]",
    /routes\[0\]\.fields\.sls_id: found "a"; expected another name: sls_id is the event's id$/,
  ],
  [
    "an index that differs without a fallback",
    'index: "${topic}"',
    new RegExp(
      `^7:64: sources\\[0\\]\\.index: found "\\$\\{topic\\}"; expected ${NEEDS_FALLBACK}$`,
    ),
    "gzip: true",
  ],
  [
    "such an index of a route",
    'routes: [{topic: a, index: "${topic}"}]',
    new RegExp(`routes\\[0\\]\\.index: found .*; expected ${NEEDS_FALLBACK}$`),
    "gzip: true",
  ],
  [
    "a rate without a unit",
    "rate: 1000",
    /rate: found "1000"; expected a unit after the number: bytes per second from 1B to 1024GB, such as 10MB/,
  ],
  ["a rate of nothing", "rate: 0B", /rate: found "0B"; expected bytes per second from 1B/],
];
for (const [sentence, keys, report, hec] of wrong) {
  Deno.test(`loadConfig() refuses ${sentence}`, () => {
    const lines = reportOf({ text: withKeys(keys, hec) });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0]!.replace("sls2hec.yaml:", ""), report);
  });
}

Deno.test("a templated index is content with the fallback of the source's own hec", () => {
  const keys = 'index: "${topic}", hec: {fallback_index: other}';
  assert.equal(
    loaded({ text: withKeys(keys, "gzip: true") }).sources[0].hec.fallbackIndex,
    "other",
  );
});

const warned: [sentence: string, routes: string, warning: RegExp][] = [
  [
    "a route behind one without conditions",
    "{index: a}, {topic: b, index: b}",
    /^sls2hec\.yaml:7:\d+: sources\[0\]\.routes\[1\] found a route that never applies: the one at sls2hec\.yaml:7:\d+: sources\[0\]\.routes\[0\] comes first and matches all of its log groups Put it/,
  ],
  [
    "a route behind one with a wider topic",
    "{topic: a*, index: a}, {topic: ab, index: b}",
    /routes\[1\] found a route that never applies/,
  ],
  [
    "a route behind one with the same tag",
    "{tag: {e: [p, s]}, index: a}, {topic: x, tag: {e: p}, index: b}",
    /routes\[1\] found a route that never applies/,
  ],
  [
    "a last route that sets nothing",
    "{topic: a, index: a}, {topic: b}",
    /routes\[1\] found a route without any effect: it sets nothing/,
  ],
  [
    "an index that Splunk cannot have",
    "{topic: a, index: Web}",
    /routes\[0\]\.index found "Web": Splunk has no index of that name/,
  ],
];
for (const [sentence, routes, warning] of warned) {
  Deno.test(`loadConfig() warns of ${sentence}`, () => {
    const { warnings } = loaded({ text: withKeys(`routes: [${routes}]`) });
    const texts = warnings.map(({ place, message, hint }) => `${place} ${message} ${hint}`);
    assert.equal(texts.length, 1, texts.join("\n"));
    assert.match(texts[0]!, warning);
  });
}

const notWarned: [sentence: string, routes: string][] = [
  ["a route that keeps log groups from the one behind it", "{topic: keep}, {drop: true}"],
  ["a route with a wider topic behind", "{topic: ab, index: a}, {topic: a*, index: b}"],
  ["a route behind one that asks for a tag", "{tag: {e: '*'}, index: a}, {topic: a, index: b}"],
  ["a route behind one with another tag", "{tag: {e: p}, index: a}, {tag: {f: p}, index: b}"],
];
for (const [sentence, routes] of notWarned) {
  Deno.test(`loadConfig() does not warn of ${sentence}`, () => {
    assert.deepEqual(loaded({ text: withKeys(`routes: [${routes}]`) }).warnings, []);
  });
}

Deno.test("takenBy() names no route that a log group reaches", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 3 });
  const texts = fc.array(text, { minLength: 1, maxLength: 2 });
  const route = fc.record({
    topic: fc.option(texts, { nil: undefined }),
    tag: fc.dictionary(fc.constantFrom("x", "y"), texts, { maxKeys: 2 }),
  });
  const plain = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 3 });
  const group = fc.record({
    topic: plain,
    tag: fc.dictionary(fc.constantFrom("x", "y"), plain, { maxKeys: 2 }),
  });
  const any = (patterns: readonly string[], text: string | undefined) =>
    text !== undefined && patterns.some((pattern) => globMatches(pattern, text, "*"));
  fc.assert(
    fc.property(fc.array(route, { maxLength: 4 }), group, (routes, { topic, tag }) => {
      const matches = (route: RouteConditions) =>
        (!route.topic || any(route.topic, topic)) &&
        Object.entries(route.tag ?? {}).every(([name, texts]) => any(texts, tag[name]));
      const reached = routes.findIndex(matches);
      if (reached >= 0) assert.equal(takenBy(routes)[reached], undefined);
    }),
    { numRuns: 2_000 },
  );
});
