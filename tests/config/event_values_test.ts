import assert from "node:assert/strict";
import { loaded, reportOf, smallest, variables as VARIABLES } from "./test_sources.ts";

const FALLBACK = smallest.replace("token: hidden-2", "token: hidden-2, fallback_index: rest");
const withKeys = (keys: string) =>
  FALLBACK.replace("logstore: demo-store", (found) => `${found}, ${keys}`);
const USUAL = {
  host: [{ of: "source" }],
  source: ["sls:demo-project/demo-store"],
  sourcetype: undefined,
  index: undefined,
  fields: {},
  expandJson: { actiontrail_audit_event: ["event"] },
};
const env = { TEMPLATE: "${topic} $$ $${x} $", STAGE: "prod" };
const TOPIC = { of: "topic" };

const cases: [sentence: string, keys: string, values: object][] = [
  ["by default, the group's source address as host", "index: i", { index: ["i"] }],
  ["fixed texts", "host: h, source: s, sourcetype: t", {
    host: ["h"],
    source: ["s"],
    sourcetype: ["t"],
  }],
  ["fields that expand, by topic", "expand_json: {a: [b]}", { expandJson: { a: ["b"] } }],
  ["what differs by log group", 'host: "${tag:__hostname__}", index: "a_${topic}_b"', {
    host: [{ of: "tag", name: "__hostname__" }],
    index: ["a_", TOPIC, "_b"],
  }],
  ["two parts without text between them", 'host: "${source}${tag:a b.c}"', {
    host: [{ of: "source" }, { of: "tag", name: "a b.c" }],
  }],
  ["the names of project and logstore", 'source: "${project}:${logstore}${topic}"', {
    source: ["demo-project:demo-store", TOPIC],
  }],
  ["two dollar signs and a bracket as a dollar sign and one", 'host: "$${topic} $5 $"', {
    host: ["${topic} $5 $"],
  }],
  ["a dollar sign in front of a part", 'host: "$$${topic}", source: "$ ${topic}"', {
    host: ["$${topic}"],
    source: ["$ ", TOPIC],
  }],
  ["text of a variable as it is", 'host: "${env:TEMPLATE}"', { host: [env.TEMPLATE] }],
  ["text of a file as it is, beside a part", 'host: "${file:f}${topic}"', {
    host: ["$", TOPIC],
  }],
  ["no key for none", "host: none, source: none, sourcetype: none, index: none", {
    host: undefined,
    source: undefined,
  }],
  ["no key for none out of a variable", 'host: "${env:NONE}"', { host: undefined }],
  ["fields", 'fields: {account: prod, a.b_1: "${env:STAGE}-${topic}", none: none}', {
    fields: { account: ["prod"], "a.b_1": ["prod-", TOPIC], none: ["none"] },
  }],
  ["fields that look like inherited keys", "fields: {constructor: a, toString: b}", {
    fields: { constructor: ["a"], toString: ["b"] },
  }],
];
for (const [sentence, keys, values] of cases) {
  Deno.test(`a source's events have ${sentence}`, () => {
    const given = { env: { ...env, NONE: "none" }, files: { f: "$\n" } };
    const [source] = loaded({ text: withKeys(keys), ...given }).sources;
    assert.deepEqual(source.events, { ...USUAL, ...values });
    assert.deepEqual(source.routes, []);
  });
}

Deno.test("a source's values out of its variables are never templates", () => {
  const config = loaded({
    env: { ...VARIABLES, SPLUNK_INDEX: "${topic}", SPLUNK_SOURCE: "$$a" },
  });
  const { index, source } = config.sources[0].events;
  assert.deepEqual([index, source], [["${topic}"], ["$$a"]]);
});

const NAMES = "${project}, ${logstore}, ${topic}, ${source} or ${tag:NAME}";
const REFERENCES = "${env:NAME} or ${file:PATH}; $${ for the two characters themselves";
const wrong: [sentence: string, keys: string, report: string][] = [
  [
    "an unknown part, with the nearest",
    'host: "${topik}"',
    `7:63: sources[0].host: found "\${topik}", which is unknown; expected \${topic} (the nearest), or another of ${NAMES}, ${REFERENCES}`,
  ],
  [
    "an unknown part without a near one",
    'index: "a-${hostname}"',
    `7:64: sources[0].index: found "\${hostname}", which is unknown; expected ${NAMES}, ${REFERENCES}`,
  ],
  [
    "a tag without a name",
    'host: "${tag:}"',
    `7:63: sources[0].host: found an unterminated or unknown \${...} reference; expected ${NAMES}, ${REFERENCES}`,
  ],
  [
    "a part in a sourcetype",
    'sourcetype: "${topic}"',
    `7:69: sources[0].sourcetype: found \${topic}, which is not replaced here; expected ${REFERENCES} (a sourcetype is the same for all, except that a route can set another)`,
  ],
  [
    "a part in another option",
    'query: "${tag:secret-1}"',
    `7:64: sources[0].query: found \${tag}, which is not replaced here; expected ${REFERENCES} (parts that differ by log group are for host, source, index and fields of sources)`,
  ],
  [
    "a part in the name of a file",
    'host: "${file:${topic}}"',
    `7:63: sources[0].host: found an unterminated or unknown \${...} reference; expected ${NAMES}, ${REFERENCES}`,
  ],
  [
    "a part without quotes between brackets",
    "host: ${topic}",
    '7:63: found a reference without quotes between brackets, where YAML reads its { as a mapping; expected quotes around it, such as "${env:NAME}" or "${topic}"',
  ],
  [
    "a field name with other characters",
    "fields: {a-b: c}",
    '7:71: sources[0].fields.a-b: found "c"; expected a field name: a letter, then letters, digits, _ and . (at most 128)',
  ],
  [
    "the event's id as a field",
    "fields: {sls_id: c}",
    '7:74: sources[0].fields.sls_id: found "c"; expected another name: sls_id is the event\'s id',
  ],
  [
    "fields as a list",
    "fields: [a]",
    "7:65: sources[0].fields: found a list; expected a mapping of field names to texts, such as {account: prod}",
  ],
  [
    "an empty field",
    "fields: {a: ''}",
    `7:69: sources[0].fields.a: found ""; expected a field's text: 1 to 1024 characters, no control characters; it may contain ${NAMES}`,
  ],
];
for (const [sentence, keys, report] of wrong) {
  Deno.test(`loadConfig() refuses ${sentence}`, () => {
    assert.deepEqual(reportOf({ text: withKeys(keys), env }), [`sls2hec.yaml:${report}`]);
  });
}
