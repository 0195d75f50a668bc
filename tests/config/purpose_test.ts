import assert from "node:assert/strict";
import { grantOf } from "../../src/config/grant.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problem.ts";
import type { Purpose } from "../../src/config/purpose.ts";
import { type Given, sourceOf, variables } from "./test_sources.ts";

function load(given: Given, purpose: Purpose) {
  const source = sourceOf(given);
  const result = loadConfig(source, purpose);
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return { config: result.config, grant: grantOf(source, result.config, purpose) };
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));

Deno.test("loadConfig() for the checkpoint commands demands nothing of Splunk, and grants nothing of it", () => {
  const env = without("SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN");
  assert.ok(!loadConfig(sourceOf({ env })).ok, "run needs it");
  const { grant } = load({ env }, "checkpoint");
  assert.equal(grant.net.length, 1);
  assert.match(grant.net[0]!, /log\.aliyuncs\.com:443$/);
  assert.deepEqual([grant.read, grant.write, grant.sys], [[], [], []]);
});

Deno.test("loadConfig() for the checkpoint commands still demands the group, and checks what is given of Splunk", () => {
  assert.ok(!loadConfig(sourceOf({ env: without("SLS_CG") }), "checkpoint").ok);
  const env = { ...variables, SPLUNK_HEC_URL: "not a url" };
  const result = loadConfig(sourceOf({ env }), "checkpoint");
  assert.ok(!result.ok);
  assert.deepEqual(result.problems.map(({ path }) => path), ["hec.url"]);
});

Deno.test("loadConfig() for a backfill demands no consumer group, and grants no host name", () => {
  const env = without("SLS_CG");
  assert.ok(!loadConfig(sourceOf({ env })).ok, "run needs it");
  const { grant } = load({ env }, "backfill");
  assert.equal(grant.net.length, 2);
  assert.deepEqual(grant.sys, []);
});

Deno.test("loadConfig() reports an empty group as wrong for every purpose", () => {
  const text = "consumer: {group: ''}";
  for (const purpose of ["run", "checkpoint", "backfill"] as const) {
    const result = loadConfig(sourceOf({ text, env: variables }), purpose);
    assert.ok(!result.ok);
    assert.deepEqual(result.problems.map(({ path }) => path), ["consumer.group"]);
  }
});

Deno.test("grantOf() gives the backfill's folder to backfill and to an executable, and not to run", () => {
  const source = sourceOf({ env: variables });
  for (
    const [purpose, expected] of [["run", false], ["backfill", true], ["compile", true]] as const
  ) {
    const { config } = load({ env: variables }, purpose);
    const { read, write } = grantOf(source, config, purpose);
    assert.deepEqual([read.includes("backfill"), write.includes("backfill")], [expected, expected]);
  }
});
