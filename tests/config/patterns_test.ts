import assert from "node:assert/strict";
import { matchesLogstore, patternSource } from "../../src/config/pattern_sources.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { loadedPatterns, reportOf, smallest, sourceOf } from "./test_sources.ts";

const withSources = (...items: string[]) =>
  smallest.replace("{project: demo-project, logstore: demo-store}", () => items.join(", "));
const of = (...items: string[]) => loadedPatterns({ text: withSources(...items) });
const named = (config: Config) => [
  config.sources.map(({ name }) => name),
  config.patterns.map(({ name }) => name),
];

const items: [sentence: string, items: string[], sources: string[], patterns: string[]][] = [
  ["a list of names is several sources", ["{project: p, logstore: [a, b]}"], ["p/a", "p/b"], []],
  ["a list of one name is one source", ["{project: p, logstore: [a]}"], ["p/a"], []],
  ["a name with a wildcard is a pattern", ["{project: p, logstore: a-*}"], [], ["p/a-*"]],
  ["so is one with ?", ["{project: p, logstore: 'a?'}"], [], ["p/a?"]],
  ["so is a list with a wildcard", ["{project: p, logstore: [a, b-*]}"], [], ["p/a,b-*"]],
  ["a written name begins the names of a list", ["{name: n, project: p, logstore: [a, b]}"], [
    "n/a",
    "n/b",
  ], []],
  [
    "a written name of one logstore is its name",
    ["{name: n, project: p, logstore: [a]}"],
    ["n"],
    [],
  ],
  ["a written name is that of a pattern", ["{name: n, project: p, logstore: a-*}"], [], ["n"]],
  [
    "the same logstore twice has its groups in the names",
    ["{project: p, logstore: [a, b]}", "{project: p, logstore: a, consumer: {group: g}}"],
    ["p/a@demo-group", "p/b", "p/a@g"],
    [],
  ],
  [
    "so has the same pattern",
    ["{project: p, logstore: a*}", "{project: p, logstore: a*, consumer: {group: g}}"],
    [],
    ["p/a*@demo-group", "p/a*@g"],
  ],
  [
    "a source keeps its name beside a pattern",
    ["{project: p, logstore: a}", "{project: p, logstore: a*}"],
    ["p/a"],
    ["p/a*"],
  ],
];
for (const [sentence, given, sources, patterns] of items) {
  Deno.test(`Items of sources: ${sentence}`, () => {
    assert.deepEqual(named(of(...given)), [sources, patterns]);
  });
}

Deno.test("a pattern has its options, with their defaults", () => {
  const [usual, written] = of(
    "{project: p, logstore: [a-*, b]}",
    "{project: p, logstore: c*, exclude: c1, discover_interval: 1s}",
    "{project: q, logstore: d}",
  ).patterns;
  assert.deepEqual(
    [usual?.patterns, usual?.exclude, usual?.discoverIntervalMs, usual?.project],
    [["a-*", "b"], ["internal-*", "*-metrics*"], 300_000, "p"],
  );
  assert.deepEqual([written?.exclude, written?.discoverIntervalMs], [["c1"], 1_000]);
  assert.equal(usual?.address.origin, "https://p.cn-hangzhou.log.aliyuncs.com");
});

const listed: [logstore: string, exclude: string, matches: boolean][] = [
  ["audit-1", "", true],
  ["app", "", true],
  ["apps", "", false],
  ["audit-metrics-1", "", false],
  ["audit-metrics-1", "exclude: []", true],
  ["audit-1", "exclude: [audit-1]", false],
  ["audit-12", "exclude: ['audit-?']", true],
  ["Audit-1", "", false],
];
for (const [logstore, exclude, matches] of listed) {
  const verb = matches ? "has" : "does not have";
  Deno.test(`[audit-*, app] with {${exclude}} ${verb} ${logstore}`, () => {
    const [pattern] = of(`{project: p, logstore: [audit-*, app], ${exclude}}`).patterns;
    assert.equal(matchesLogstore(pattern!, logstore), matches);
  });
}

Deno.test("patternSource() makes what an explicit source would be", () => {
  const keys =
    'index: i, host: "${project}-${logstore}", fields: {f: "${logstore}"}, query: "*", ' +
    'rate: 1MB, routes: [{topic: t, source: "${logstore}:${topic}"}], hec: {token: t2}';
  const patterns = of(`{project: p, logstore: a*, ${keys}}`);
  const [explicit] = of(`{project: p, logstore: a1, ${keys}}`).sources;
  const made = patternSource(patterns.patterns[0]!, "a1", patterns);
  assert.deepEqual(made, explicit);
  assert.deepEqual(made.events.host, ["p-a1"]);
  assert.deepEqual(made.events.source, ["sls:p/a1"]);
});

const EU = "sls: {endpoint: eu-central-1}";
const names: [sentence: string, items: string[], names: (string | undefined)[]][] = [
  ["its logstore", ["{project: p, logstore: a*}"], ["p/a1"]],
  ["the written name and its logstore", ["{name: n, project: p, logstore: a*}"], ["n/a1"]],
  [
    "its group where a source has the plain name",
    ["{project: p, logstore: a*}", "{project: p, logstore: a1, consumer: {group: g}}"],
    ["p/a1@demo-group"],
  ],
  [
    "its group where another pattern has the logstore too",
    ["{project: p, logstore: a*}", "{project: p, logstore: '*1', consumer: {group: g}}"],
    ["p/a1@demo-group", "p/a1@g"],
  ],
  [
    "the plain name where the other pattern excludes it",
    [
      "{project: p, logstore: a*}",
      "{project: p, logstore: '*1', exclude: a1, consumer: {group: g}}",
    ],
    ["p/a1"],
  ],
  [
    "the plain name where the other pattern is another project's",
    ["{project: p, logstore: a*}", "{project: q, logstore: a*, consumer: {group: g}}"],
    ["p/a1", "q/a1"],
  ],
  [
    "the plain name where the other pattern reads the same for the same group",
    ["{project: p, logstore: a*}", "{project: p, logstore: '*1'}"],
    ["p/a1", "p/a1"],
  ],
  [
    "its host where group and logstore are the same",
    ["{project: p, logstore: a*}", `{project: p, logstore: a*, ${EU}}`],
    [
      "p/a1@demo-group@p.cn-hangzhou.log.aliyuncs.com:443",
      "p/a1@demo-group@p.eu-central-1.log.aliyuncs.com:443",
    ],
  ],
];
for (const [sentence, given, expected] of names) {
  Deno.test(`patternSource() names a source by ${sentence}`, () => {
    const config = of(...given);
    const made = config.patterns.filter((pattern) => matchesLogstore(pattern, "a1"))
      .map((pattern) => patternSource(pattern, "a1", config).name);
    assert.deepEqual(made, expected);
  });
}

const wrong: [sentence: string, items: string[], report: RegExp][] = [
  [
    "an empty list",
    ["{project: p, logstore: []}"],
    /logstore: found an empty list; expected a logstore name or pattern, or a list of these, not an empty one$/,
  ],
  [
    "a name with other characters",
    ["{project: p, logstore: [a, b.c]}"],
    /logstore\[1\]: found a value; expected a logstore name: 1 to 128 letters, digits, _ and -, and \* and \? for a pattern$/,
  ],
  [
    "a pattern with other characters",
    ["{project: p, logstore: 'a[0-9]*'}"],
    /logstore: found "a\[0-9\]\*"; expected a logstore name: 1 to 128/,
  ],
  [
    "a mapping",
    ["{project: p, logstore: {a: b}}"],
    /logstore: found a mapping; expected a logstore name or pattern/,
  ],
  ["nothing", ["{project: p}"], /logstore: found nothing; expected a logstore name or pattern/],
  [
    "a star without quotes",
    ["{project: p, logstore: *}"],
    /quotes around text with special characters/,
  ],
  [
    "exclude without a pattern",
    ["{project: p, logstore: [a, b], exclude: c}"],
    /exclude: found "c"; expected this key only beside a logstore with \* or \?, such as audit-\*$/,
  ],
  [
    "discover_interval without a pattern",
    ["{project: p, logstore: a, discover_interval: 1m}"],
    /discover_interval: found "1m"; expected this key only beside/,
  ],
  [
    "a discover_interval below a second",
    ["{project: p, logstore: a*, discover_interval: 10ms}"],
    /discover_interval: found "10ms"; expected a duration from 1s/,
  ],
  [
    "the same name twice in a list",
    ["{project: p, logstore: [a, a]}"],
    /sources\[0\]: found p\/a with group demo-group, as in sources\[0\]; expected each project, logstore and consumer group once$/,
  ],
  ["a name of a list in another item", [
    "{project: p, logstore: [a, b]}",
    "{project: p, logstore: b}",
  ], /sources\[1\]: found p\/b with group demo-group, as in sources\[0\]/],
  [
    "the same pattern twice",
    ["{project: p, logstore: a*}", "{project: p, logstore: a*}"],
    /sources\[1\]: found p\/a\* with group demo-group, as in sources\[0\]/,
  ],
  [
    "a name that a list's item makes",
    ["{name: n, project: p, logstore: [a, b]}", "{name: n/b, project: q, logstore: c}"],
    /sources\[1\]\.name: found "n\/b"; expected a name that no other source has; sources\[0\] has it$/,
  ],
  ["a pattern beside heartbeats that are too far apart", [
    "{project: p, logstore: a*, consumer: {heartbeat_interval: 50s}}",
  ], /heartbeat_interval: found "50s"; expected at most a third of group_timeout/],
  ["a templated index of a pattern without a fallback", [
    '{project: p, logstore: a*, index: "${topic}"}',
  ], /index: found "\$\{topic\}"; expected hec\.fallback_index/],
];
for (const [sentence, given, report] of wrong) {
  Deno.test(`loadConfig() refuses logstores that are ${sentence}`, () => {
    const lines = reportOf({ text: withSources(...given) });
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0]!, report);
  });
}

Deno.test("loadConfig() grants the hosts of a pattern as those of a source, and nothing more", () => {
  const grant = (logstore: string) => {
    const result = loadConfig(
      sourceOf({ text: withSources(`{project: p, logstore: ${logstore}}`) }),
    );
    assert.ok(result.ok);
    const { why: _why, ...lists } = result.grant;
    return lists;
  };
  assert.deepEqual(grant("a*"), grant("a"));
});
