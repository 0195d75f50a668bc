import assert from "node:assert/strict";
import fc from "fast-check";
import type { Config } from "../../src/config/config.ts";
import type { EventText, EventValues } from "../../src/core/event_values.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { loadedPatterns, sourceOf } from "./test_sources.ts";

/** A file with every option of values. */
const rich = `
sls:
  endpoint: cn-hangzhou
  credentials: {access_key_id: id, access_key_secret: hidden-1}
consumer: {group: demo-group}
hec:
  url: https://splunk.example.com:8088
  token: hidden-2
  fallback_index: rest
  rate: 10MB
  headers:
    X-Api-Key: "hidden 3"
    X-Tenant: "\${env:TENANT}"
sources:
  - project: p
    logstore: [a, b]
    host: "\${tag:__hostname__}"
    source: "\${project}/\${logstore}/\${topic}"
    sourcetype: none
    index: "x_\${topic}"
    rate: 1MB/s
    fields:
      account: prod
      from: "\${source}-\${env:TENANT}-$\${topic}"
    routes:
      - topic: [nginx, "*_error", ""]
        tag: {env: [prod, stage], x: "*"}
        index: web
        fields: {tier: edge}
        expand_json: [request]
      - topic: debug
        drop: true
      - host: none
  - name: n
    project: q
    logstore: ["audit-*", "b?"]
    exclude: [internal-*]
    discover_interval: 30s
`;
const env = { TENANT: "t-1 \${topic} $" };
const load = (text: string) => loadConfig(sourceOf({ text, env }));

function assertSoundText(text: EventText | undefined): void {
  for (const [at, part] of text?.entries() ?? []) {
    if (typeof part === "string") {
      assert.notEqual(part, "");
      assert.ok(typeof text![at - 1] !== "string", "texts beside one another are one");
    } else assert.ok(["topic", "source", "tag"].includes(part.of), JSON.stringify(part));
  }
}

function assertSoundValues(values: EventValues): void {
  const { host, source, sourcetype, index, fields, expandJson } = values;
  [host, source, sourcetype, index, ...Object.values(fields)].forEach(assertSoundText);
  assert.ok(sourcetype === undefined || sourcetype.length === 1);
  assert.ok(
    Object.keys(fields).every((name) => /^[A-Za-z][\w.]*$/.test(name) && name !== "sls_id"),
  );
  assert.ok(Object.values(expandJson).flat().every((name) => typeof name === "string"));
}

function assertSound({ sources, patterns }: Config): void {
  assert.ok(sources.length + patterns.length > 0);
  for (const { events, routes, hec, logstore } of sources) {
    assert.match(logstore, /^[\w-]{1,128}$/);
    assertSoundValues(events);
    assert.ok(routes.length <= 100);
    const all = [events, ...routes.flatMap(({ values }) => values === "drop" ? [] : [values])];
    all.forEach(assertSoundValues);
    const differs = all.some(({ index }) => index?.some((part) => typeof part !== "string"));
    assert.ok(!differs || hec.fallbackIndex !== undefined);
    for (const { topic, tag } of routes) {
      assert.ok(topic === undefined || topic.length > 0);
      assert.ok(Object.values(tag).every((texts) => texts.length > 0));
    }
    for (const [name, value] of Object.entries(hec.headers)) {
      assert.doesNotMatch(name, /[^!-~]|:|^(host|authorization|content-.*|proxy-.*)$/i);
      assert.match(value.reveal(), /^[\x20-\x7e]+$/);
    }
  }
  for (const { patterns: texts, discoverIntervalMs } of patterns) {
    assert.ok(texts.some((text) => /[*?]/.test(text)) && discoverIntervalMs >= 1_000);
  }
}

Deno.test("the file that is changed below is whole", () => {
  const config = loadedPatterns({ text: rich, env });
  assertSound(config);
  assert.deepEqual([config.sources.length, config.patterns.length], [2, 1]);
  assert.deepEqual(config.sources[1]?.events.fields.from, [
    { of: "source" },
    "-t-1 ${topic} $-${topic}",
  ]);
});

Deno.test("loadConfig() makes a sound configuration or a report of any change of values", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "",
      "${topic}",
      "${tag:",
      "$${",
      "$",
      "}",
      "{}",
      "[]",
      "*",
      "?",
      "none",
      "drop: true",
      "sls_id",
      "Host",
      '"',
      "\n",
      "\n    ",
      ": ",
      ", ",
      "null",
      "\u0001",
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  const edit = fc.tuple(fc.nat(rich.length), fc.nat(25), piece);
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const text = edits.reduce(
        (before, [at, cut, put]) => before.slice(0, at) + put + before.slice(at + cut),
        rich,
      );
      const result = load(text);
      if (result.ok) return assertSound(result.config);
      const report = formatProblems(result.problems);
      assert.ok(report.includes("expected"));
      assert.ok(!/hidden.3/.test(report), report);
    }),
    { numRuns: 500 },
  );
});

const literal = fc.string({
  unit: fc.constantFrom("$", "{", "}", "a", " ", ":", "topic", "env:X", "é"),
  minLength: 1,
  maxLength: 8,
});

Deno.test("text of a variable is never a template, whatever it is", () => {
  fc.assert(
    fc.property(literal, literal, (text, behind) => {
      const hosts = `"\${env:TEXT}\${topic}${behind.replace(/[${}]/g, "")}"`;
      const changed = rich.replace('"${tag:__hostname__}"', () => hosts);
      const { sources } = loadedPatterns({ text: changed, env: { ...env, TEXT: text } });
      assert.deepEqual(sources[0]?.events.host?.slice(0, 2), [text, { of: "topic" }]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a template is read as it was written, whatever is between its parts", () => {
  const part = fc.oneof(
    literal,
    fc.constantFrom({ of: "topic" }, { of: "source" }, { of: "tag", name: "a.b c" }),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      // A dollar sign in front of a part would be taken for that of an escape.
      fc.pre(
        !parts.some((part, at) =>
          typeof part === "string" && part.endsWith("$") && at < parts.length - 1
        ),
      );
      const written = parts.map((part) => {
        if (typeof part === "string") return part.replaceAll("${", "$$${");
        return "name" in part ? `\${tag:${part.name}}` : `\${${part.of}}`;
      }).join("");
      const changed = rich.replace('"${tag:__hostname__}"', () => JSON.stringify(written));
      const read = loadedPatterns({ text: changed, env }).sources[0]?.events.host;
      const joined: unknown[] = [];
      for (const part of parts) {
        const before = joined.at(-1);
        if (typeof part === "string" && typeof before === "string") {
          joined[joined.length - 1] = before + part;
        } else joined.push(part);
      }
      assert.deepEqual(read, joined);
    }),
    { numRuns: 300 },
  );
});
