import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { reportInsecureEndpoints } from "../../src/app/report_config.ts";
import { loadedPatterns, smallest } from "../config/test_sources.ts";

function warned(endpoint: string, hec: string, logstore = "demo-store"): TelemetryEvent[] {
  const text = smallest.replace("logstore: demo-store", `logstore: "${logstore}"`)
    .replace(/endpoint: [^,}\n]+/, `endpoint: "${endpoint}"`)
    .replace(/https:\/\/splunk.example.com:8088/, hec);
  const events: TelemetryEvent[] = [];
  reportInsecureEndpoints(loadedPatterns({ text }), (event) => events.push(event));
  return events;
}

const HERE = [
  "localhost",
  "127.0.0.1",
  "127.200.3.4",
  "127.1",
  "0x7f.1",
  "2130706433",
  "[::1]",
  "[::ffff:127.0.0.1]",
];
for (const host of HERE) {
  Deno.test(`reportInsecureEndpoints() says nothing of http to ${host}, which is this machine`, () => {
    assert.deepEqual(warned(`http://${host}:8080`, `http://${host}:8088`), []);
  });
}

const ELSEWHERE = [
  "127.evil.example.com",
  "localhost.evil.com",
  "p.localhost",
  "128.0.0.1",
  "10.127.0.1",
  "0.0.0.0",
  "[::2]",
  "[::ffff:10.0.0.1]",
  "[7f00::1]",
];
for (const host of ELSEWHERE) {
  Deno.test(`reportInsecureEndpoints() warns of http to ${host}, on both sides`, () => {
    const types = warned(`http://${host}:8080`, `http://${host}:8088`).map(({ type }) => type);
    assert.deepEqual(types, ["sls_unencrypted", "hec_unencrypted"]);
  });
}

Deno.test("reportInsecureEndpoints() says nothing of https", () => {
  assert.deepEqual(warned("https://cn-hangzhou.example.com", "https://h:8088"), []);
});

Deno.test("reportInsecureEndpoints() names the host of each project, not the endpoint alone", () => {
  assert.deepEqual(warned("http://sls.example.com", "https://h:8088"), [
    { type: "sls_unencrypted", url: "http://demo-project.sls.example.com" },
  ]);
});

Deno.test("reportInsecureEndpoints() warns of http to the project of a pattern too", () => {
  assert.deepEqual(warned("http://sls.example.com", "https://h:8088", "demo-*"), [
    { type: "sls_unencrypted", url: "http://demo-project.sls.example.com" },
  ]);
});
