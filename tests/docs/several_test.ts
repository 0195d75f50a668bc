import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { sourceOf, variables } from "../config/test_sources.ts";
import { blocks, page } from "./pages.ts";

const all = blocks(page("docs/several.md"));
const examples = all.filter(({ language }) => language === "yaml");
const files = {
  "/run/secrets/sls-eu.json": "{}",
  "/run/secrets/hec-eu": "token-eu",
  "/run/secrets/hec-web": "token-web",
  "/run/secrets/gateway-key": "key",
};

function load(given: { text?: string; env: Readonly<Record<string, string>> }) {
  const result = loadConfig(sourceOf({ ...given, files }));
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return result.config;
}

Deno.test("docs/several.md has an example of each kind", () => {
  const configs = examples.map(({ text }) => load({ text, env: variables }));
  assert.deepEqual(configs.flatMap(({ warnings }) => warnings), []);
  const { sources, patterns, hec } = {
    sources: configs.flatMap(({ sources }) => sources),
    patterns: configs.flatMap(({ patterns }) => patterns),
    hec: configs.flatMap(({ sources, patterns }) =>
      [...sources, ...patterns].map(({ hec }) => hec)
    ),
  };
  assert.deepEqual(patterns.map(({ name }) => name), ["audit/audit-*", "web/nginx-*,app-??"]);
  assert.ok(sources.some(({ routes }) => routes.length === 3));
  assert.ok(sources.some(({ events }) => Object.keys(events.fields).length === 3));
  assert.ok(hec.some(({ headers }) => "X-Api-Key" in headers));
  assert.equal(new Set(configs[0]!.sources.map(({ hec }) => hec.clientId)).size, 3);
});

Deno.test("the variables of docs/several.md are three sources", () => {
  const text = all.find(({ language }) => language === "sh")?.text ?? "";
  const lists = Object.fromEntries(
    [...text.matchAll(/^(\w+)='([^']*)'$/gm)].map(([, name, value]) => [name, value]),
  );
  const { SLS_ENDPOINT: _1, SLS_PROJECT: _2, SLS_LOGSTORE: _3, ...others } = variables;
  assert.deepEqual(load({ env: { ...others, ...lists } }).sources.map(({ name }) => name), [
    "audit/actiontrail",
    "audit/config",
    "audit-eu/actiontrail",
  ]);
});
