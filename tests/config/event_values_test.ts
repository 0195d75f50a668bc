import assert from "node:assert/strict";
import { loaded, smallest } from "./test_sources.ts";

const withKeys = (keys: string) =>
  smallest.replace("logstore: demo-store", `logstore: demo-store, ${keys}`);
const USUAL = {
  host: [{ of: "source" }],
  source: ["sls:demo-project/demo-store"],
  sourcetype: undefined,
  index: undefined,
  fields: {},
  expandJson: { actiontrail_audit_event: ["event"] },
};

const cases: [sentence: string, keys: string, values: object][] = [
  ["by default, the group's source address as host", "index: i", { index: ["i"] }],
  ["fixed texts", "host: h, source: s, sourcetype: t", {
    host: ["h"],
    source: ["s"],
    sourcetype: ["t"],
  }],
  ["fields that expand, by topic", "expand_json: {a: [b]}", { expandJson: { a: ["b"] } }],
];
for (const [sentence, keys, values] of cases) {
  Deno.test(`a source's events have ${sentence}`, () => {
    const [source] = loaded({ text: withKeys(keys) }).sources;
    assert.deepEqual(source.events, { ...USUAL, ...values });
    assert.deepEqual(source.routes, []);
  });
}
