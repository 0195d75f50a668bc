import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import type { Command } from "../../src/config/commands.ts";
import { type Given, sourceOf, variables } from "./test_sources.ts";

function load(given: Given, command: Command) {
  const result = loadConfig(sourceOf(given), command);
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return result;
}

const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));

Deno.test("loadConfig() for the checkpoint commands requires and grants nothing for Splunk", () => {
  const env = without("SPLUNK_HEC_URL", "SPLUNK_HEC_TOKEN");
  assert.ok(!loadConfig(sourceOf({ env })).ok, "run needs it");
  const { grant } = load({ env }, "checkpoint");
  assert.equal(grant.net.length, 1);
  assert.match(grant.net[0]!, /log\.aliyuncs\.com:443$/);
  assert.deepEqual([grant.read, grant.write, grant.sys], [[], [], []]);
});

Deno.test("loadConfig() for the checkpoint commands still requires the group, and checks given options of Splunk", () => {
  assert.ok(!loadConfig(sourceOf({ env: without("SLS_CG") }), "checkpoint").ok);
  const env = { ...variables, SPLUNK_HEC_URL: "not a url" };
  const result = loadConfig(sourceOf({ env }), "checkpoint");
  assert.ok(!result.ok);
  assert.deepEqual(result.problems.map(({ path }) => path), ["hec.url"]);
});

Deno.test("loadConfig() for a backfill requires no consumer group, and grants no host name", () => {
  const env = without("SLS_CG");
  assert.ok(!loadConfig(sourceOf({ env })).ok, "run needs it");
  const { grant } = load({ env }, "backfill");
  assert.equal(grant.net.length, 2);
  assert.deepEqual(grant.sys, []);
});

Deno.test("loadConfig() reports an empty group as wrong for every command", () => {
  const text = "consumer: {group: ''}";
  for (const command of ["run", "checkpoint", "backfill"] as const) {
    const result = loadConfig(sourceOf({ text, env: variables }), command);
    assert.ok(!result.ok);
    assert.deepEqual(result.problems.map(({ path }) => path), ["consumer.group"]);
  }
});

Deno.test("loadConfig() grants the backfill's folder to backfill and to an executable, but not to run", () => {
  for (
    const [command, expected] of [["run", false], ["backfill", true], ["compile", true]] as const
  ) {
    const { read, write } = load({ env: variables }, command).grant;
    assert.deepEqual([read.includes("backfill"), write.includes("backfill")], [expected, expected]);
  }
});

Deno.test("loadConfig() for an executable lists secrets that are missing on this machine, and works without them", () => {
  const text = `
sls:
  endpoint: cn-hangzhou.log.aliyuncs.com
  proxy: "http://u:\${env:PASSWORD}@proxy:3128"
  credentials: {access_key_id: "\${env:ID}", access_key_secret: "\${file:/run/key}"}
consumer: {group: g}
hec: {url: "https://splunk:8088"}
sources: [{project: p, logstore: l}]`;
  const given: Given = { text, env: {}, files: {} };
  assert.ok(!loadConfig(sourceOf(given)).ok, "run needs them");
  const loaded = loadConfig(sourceOf(given), "compile");
  assert.ok(loaded.ok, loaded.ok ? "" : formatProblems(loaded.problems));
  assert.deepEqual(loaded.unknown, [
    '"${env:PASSWORD}" (sls.proxy)',
    '"${env:ID}" (sls.credentials.access_key_id)',
    '"${file:/run/key}" (sls.credentials.access_key_secret)',
  ]);
  const { grant } = load(given, "compile");
  for (const name of ["PASSWORD", "ID", "SPLUNK_HEC_TOKEN"]) assert.ok(grant.env.includes(name));
  assert.ok(grant.read.includes("/run/key"));
  assert.ok(grant.net.includes("proxy:3128"));
});

for (
  const [what, from, to, path] of [
    ["host of the collector", "https://splunk:8088", "https://${env:HOST}:8088", "hec.url"],
    ["proxy's host", "http://proxy:3128", "http://${env:HOST}:3128", "hec.proxy"],
    ["project", "project: p", 'project: "${env:HOST}"', "sources[0].project"],
    ["file of a secret", "token: t", 'token: "${file:${env:FOLDER}/token}"', "hec.token"],
    ["authority's file", "ca.pem", "${env:FOLDER}/ca.pem", "hec.tls.ca_file"],
  ] as const
) {
  Deno.test(`loadConfig() for an executable needs to know the ${what}: it is part of the grant`, () => {
    const text = `
sls: {endpoint: cn-hangzhou.log.aliyuncs.com, credentials: {access_key_id: a, access_key_secret: b}}
consumer: {group: g}
hec: {url: "https://splunk:8088", token: t, proxy: "http://proxy:3128", tls: {ca_file: "ca.pem"}}
sources: [{project: p, logstore: l}]`;
    const load = (text: string) => loadConfig(sourceOf({ text, env: {} }), "compile");
    assert.ok(load(text).ok);
    const result = load(text.replace(from, to));
    assert.ok(!result.ok);
    assert.deepEqual(result.problems.map(({ path }) => path), [path]);
  });
}
