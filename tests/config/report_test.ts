import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems, type Problem } from "../../src/config/problems.ts";
import { reportOf, smallest, sourceOf } from "./test_sources.ts";

const manyProblems = `
sls:
  endpoint: demo.cn-hangzhou.log.aliyuncs.com
  signatur: v4
  credentials:
    access_key_id: \${env:NOPE}
    access_key_secret: "hidden 1"
  timeout: 60
consumer:
  heartbeat_interval: 30s
  start: 2026-10-06
hec:
  url: https://user:hidden-2@h:8088/services/collector/event
  tls: {cert_file: a.pem}
  batch: {max_bytes: 100000}
  index: main
sources:
  - project: demo
    logstore: l
    logstore: m
  - logstore:
    indx: x
  - 5
log: [a]
memory_budget: 16MB
`;

const wholeReport = `Cannot use the configuration: 20 problems
  sls2hec.yaml:3:13: sls.endpoint: found "demo.cn-hangzhou.log.aliyuncs.com"; expected the endpoint without the project, which is added to it
  sls2hec.yaml:4:3: sls.signatur: found an unknown key; expected signature (the nearest known key)
  sls2hec.yaml:6:20: sls.credentials.access_key_id: found "\${env:NOPE}", which is not set or empty; expected a variable that is set and not empty
  sls2hec.yaml:7:24: sls.credentials.access_key_secret: found a value; expected an access key secret: visible ASCII characters, no spaces or line breaks
  sls2hec.yaml:8:12: sls.timeout: found "60"; expected a unit after the number: a duration from 10ms to 1d, such as 20s (units: ms, s, m, h or d)
  sls2hec.yaml:9:1: consumer.group: found nothing; expected a consumer group; here or in the variable SLS_CG
  sls2hec.yaml:10:23: consumer.heartbeat_interval: found "30s"; expected at most a third of group_timeout: 20000ms
  sls2hec.yaml:11:10: consumer.start: found "2026-10-06"; expected a time of day and a zone too: begin, end, or an ISO 8601 time with its zone, such as 2026-10-06T08:30:00Z
  sls2hec.yaml:12:1: hec.token: found nothing; expected an HEC token: visible ASCII characters, no spaces or line breaks; here or in the variable SPLUNK_HEC_TOKEN
  sls2hec.yaml:13:8: hec.url: found "https://…@h:8088/services/collector/event"; expected an absolute http or https URL without user, query or fragment, such as https://splunk.example.com:8088
  sls2hec.yaml:14:3: hec.tls.key_file: found nothing; expected the private key of cert_file
  sls2hec.yaml:15:22: hec.batch.max_bytes: found "100000"; expected a unit after the number: a size from 1KB to 100MB, such as 1MB (units: B, KB, MB, GB, KiB, MiB or GiB)
  sls2hec.yaml:16:3: hec.index: found an unknown key; expected this key in its own place: sources[].index
  sls2hec.yaml:20:5: sources[0].logstore: found the same key a second time; expected each key once
  sls2hec.yaml:21:5: sources[1].project: found nothing; expected a project name: 1 to 63 lower-case letters, digits and - (not at an end)
  sls2hec.yaml:21:14: sources[1].logstore: found nothing; expected a logstore name or pattern, or a list of these
  sls2hec.yaml:22:5: sources[1].indx: found an unknown key; expected index (the nearest known key)
  sls2hec.yaml:23:5: sources[2]: found a value; expected a mapping of options
  sls2hec.yaml:24:6: log: found a list; expected a mapping of options
  sls2hec.yaml:25:16: memory_budget: found "16MB"; expected a size from 32MB to 1024GB, such as 32MB (units: B, KB, MB, GB, KiB, MiB or GiB)`;

Deno.test("formatProblems() reports everything that is wrong with a file, in its order", () => {
  const result = loadConfig(sourceOf({ text: manyProblems }));
  assert.ok(!result.ok);
  assert.equal(formatProblems(result.problems), wholeReport);
});

Deno.test("formatProblems() names the variables when there is no file", () => {
  const env = { SLS_ENDPOINT: "a b", SLS_AK_KEY: "hidden 1", SPLUNK_HEC_URL: "splunk" };
  const lines = reportOf({ env });
  const endpoint = lines.find((line) => line.includes("SLS_ENDPOINT"));
  assert.match(
    endpoint ?? "",
    /^variable SLS_ENDPOINT: sls\.endpoint: found "a b"; expected a region/,
  );
  const named = lines.map((line) => /^variable (\w+): [\w.[\]]+: found (.*?); expected/.exec(line));
  assert.deepEqual(named.map((match) => match?.slice(1).join(" ")), [
    `SLS_ENDPOINT "a b"`,
    "SLS_AK_KEY a value",
    `SPLUNK_HEC_URL "splunk"`,
    "SPLUNK_HEC_TOKEN nothing",
    "SLS_PROJECT nothing",
    "SLS_LOGSTORE nothing",
    "SLS_AK_ID nothing",
    "SLS_CG nothing",
  ]);
});

Deno.test("formatProblems() puts the variables after the file", () => {
  const lines = reportOf({ text: `${smallest}\nlgo: {}\n`, env: { SLS_SECURITY_TOKEN: "a b" } });
  assert.deepEqual(lines.map((line) => line.split(": found")[0]), [
    "sls2hec.yaml:9:1: lgo",
    "variable SLS_SECURITY_TOKEN: sls.credentials.security_token",
  ]);
});

Deno.test("formatProblems() counts the problems beyond its limit", () => {
  const problem: Problem = {
    place: { kind: "file", file: "f", line: 1, column: 1 },
    path: "",
    found: "x",
    expected: "y",
  };
  const lines = formatProblems(Array(250).fill(problem)).split("\n");
  assert.equal(lines.length, 102);
  assert.equal(lines.at(-1), "  and 150 more");
});

const shown: [sentence: string, more: string, line: string][] = [
  [
    "an option at the wrong place",
    "token: x",
    "token: found an unknown key; expected this key in its own place: hec.token",
  ],
  [
    "no key near",
    "zzz: x",
    "zzz: found an unknown key; expected one of: sls, consumer, hec, sources, dead_letters, backfill, ledger, log, memory_budget, workers, drain_timeout",
  ],
  [
    "a swapped pair of letters",
    "ledgre: {}",
    "ledgre: found an unknown key; expected ledger (the nearest known key)",
  ],
  [
    "control characters",
    String.raw`drain_timeout: "\e[2J\u202e"`,
    String
      .raw`drain_timeout: found "\u001b[2J\u{202e}"; expected a duration from 1ms to 1d, such as 20s (units: ms, s, m, h or d)`,
  ],
  [
    "a key with odd characters",
    `"a b": x`,
    `["a b"]: found an unknown key; expected one of: sls, consumer, hec, sources, dead_letters, backfill, ledger, log, memory_budget, workers, drain_timeout`,
  ],
  [
    "a list for a value",
    "drain_timeout: [8s]",
    "drain_timeout: found a list; expected a duration from 1ms to 1d, such as 20s (units: ms, s, m, h or d)",
  ],
  [
    "no value at all",
    "drain_timeout:",
    "drain_timeout: found nothing; expected a duration from 1ms to 1d, such as 20s (units: ms, s, m, h or d)",
  ],
  [
    "no time to drain",
    "drain_timeout: 0s",
    `drain_timeout: found "0s"; expected a duration from 1ms to 1d, such as 20s (units: ms, s, m, h or d)`,
  ],
];
for (const [sentence, more, line] of shown) {
  Deno.test(`loadConfig() reports ${sentence}`, () => {
    const lines = reportOf({ text: `${smallest}\n${more}\n` });
    assert.deepEqual(lines.map((text) => text.replace(/^\S+ /, "")), [line]);
  });
}

Deno.test("loadConfig() reports a problem once, however often the parser meets it", () => {
  const lines = reportOf({ text: "sls: {endpoint: [\n" });
  assert.equal(new Set(lines).size, lines.length, lines.join("\n"));
});
