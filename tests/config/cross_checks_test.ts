import assert from "node:assert/strict";
import { loaded, reportOf, smallest } from "./test_sources.ts";

const consumer = "consumer: {group: demo-group}";
const source = "{project: demo-project, logstore: demo-store}";
const endpoint = "endpoint: cn-hangzhou.log.aliyuncs.com";
const url = `url: "https://splunk.example.com:8088"`;

const pair = "{access_key_id: id, access_key_secret: hidden-1}";

const refused: [sentence: string, from: string, to: string, lines: RegExp[]][] = [
  [
    "an access key and a file of credentials",
    pair,
    "{access_key_id: id, access_key_secret: hidden-1, file: f}",
    [/sls\.credentials\.file: found "f"; expected only one of access_key_id and file$/],
  ],
  [
    "a file of credentials and a RAM role",
    pair,
    "{file: f, ecs_ram_role: auto}",
    [/sls\.credentials\.ecs_ram_role: found "auto"; expected only one of file and ecs_ram_role$/],
  ],
  [
    "a fingerprint of certificates that are not checked",
    "token: hidden-2",
    `token: hidden-2, tls: {verify: "false", fingerprint: "${"ab".repeat(32)}"}`,
    [/hec\.tls\.fingerprint: found .*; expected only one of fingerprint and verify: false$/],
  ],
  [
    "a fingerprint without TLS",
    url,
    `url: "http://splunk.example.com:8088", tls: {fingerprint: "${"ab".repeat(32)}"}`,
    [/hec\.tls\.fingerprint: found .*; expected only https URLs with a fingerprint$/],
  ],
  [
    "a region that is not the endpoint's, with which signature v4 signs",
    endpoint,
    `${endpoint}\n  region: cn-shanghai`,
    [/:4:11: sls\.region: found "cn-shanghai"; expected cn-hangzhou, the region of sls\.endpoint/],
  ],
  [
    "half a pair",
    pair,
    "{access_key_id: id}",
    [/sls\.credentials\.access_key_secret: found nothing; expected an access key secret, or file, ecs_/],
  ],
  [
    "a heartbeat that is too slow for the usual group timeout",
    consumer,
    "consumer: {group: g, heartbeat_interval: 21s}",
    [/:5:42: consumer\.heartbeat_interval: found "21s"; expected at most a third of .*: 20000ms$/],
  ],
  [
    "a group timeout that is too short for the usual heartbeat",
    consumer,
    "consumer: {group: g, group_timeout: 59s}",
    [/consumer\.group_timeout: found "59s"; expected at least three times .*: 60000ms$/],
  ],
  [
    "a source's own heartbeat against the shared group timeout",
    source,
    "{project: p, logstore: l, consumer: {heartbeat_interval: 30s}}",
    [/sources\[0\]\.consumer\.heartbeat_interval: found "30s"; expected at most a third/],
  ],
  [
    "requests that are large for the memory budget",
    "token: hidden-2",
    "token: hidden-2, batch: {max_bytes: 8.1MB}",
    [/hec\.batch\.max_bytes: found "8\.1MB"; expected at most a quarter .*: 8000000B$/],
  ],
  [
    "events that are large for the memory budget",
    "token: hidden-2",
    "token: hidden-2, max_event_bytes: 17MB",
    [/hec\.max_event_bytes: found "17MB"; expected at most half of memory_budget: 16000000B$/],
  ],
  [
    "more workers than the memory budget has shares for",
    "sls:",
    "workers: 7\nsls:",
    [/workers: found "7"; expected at most 3: memory_budget is divided among them/],
  ],
  [
    "more workers than requests in flight",
    "token: hidden-2",
    "token: hidden-2, max_concurrent_requests: 2}\nworkers: 3\ndead_letters: {",
    [/workers: found "3"; expected at most hec\.max_concurrent_requests: 2$/],
  ],
  [
    "signature v4 without a region",
    endpoint,
    "endpoint: sls.example.com\n  signature: v4",
    [/:2:1: sls\.region: found nothing; .*signature v4 needs one.*variable SLS_REGION$/],
  ],
  [
    "an endpoint of the vendor that names a project",
    endpoint,
    "endpoint: some.cn-hangzhou.log.aliyuncs.com",
    [/sls\.endpoint: found "some\.cn.*"; expected the endpoint without the project/],
  ],
  [
    "an endpoint of a gateway that names the project",
    endpoint,
    "endpoint: demo-project.sls.example.com",
    [/sls\.endpoint: .*expected the endpoint without the project/],
  ],
  [
    "a certificate without its key",
    "token: hidden-2",
    "token: hidden-2, tls: {cert_file: a.pem}",
    [/hec\.tls\.key_file: found nothing; expected the private key of cert_file$/],
  ],
  [
    "a key without its certificate",
    "token: hidden-2",
    "token: hidden-2, tls: {key_file: a.pem}",
    [/hec\.tls\.cert_file: found nothing; expected the certificate that key_file belongs to$/],
  ],
  [
    "url together with urls",
    url,
    `${url}, urls: ["https://a"]`,
    [/hec\.urls: found a list; expected only one of url and urls$/],
  ],
  [
    "neither url nor urls",
    `${url}, `,
    "",
    [/:6:1: hec\.url: found nothing; expected .*, or urls; here or in the variable SPLUNK_HEC_URL$/],
  ],
  [
    "a collector twice",
    url,
    `urls: ["https://a", "https://A:443/"]`,
    [/hec\.urls\[1\]: found "https:\/\/A:443\/"; expected each collector once$/],
  ],
  [
    "the same logstore twice in one group, whatever the group's case",
    source,
    `${source}, {project: demo-project, logstore: demo-store, consumer: {group: DEMO-group}}`,
    [/sources\[1\]: found demo-project\/demo-store with group DEMO-group, as in sources\[0\]; expected each project, logstore and consumer group once$/],
  ],
  [
    "a source without a consumer group beside one that has its own",
    `${consumer}\n`,
    "",
    [/consumer\.group: found nothing; expected a consumer group; .* SLS_CG$/],
  ],
  [
    "query together with processor",
    source,
    `{project: p, logstore: l, query: "*", processor: x}`,
    [/sources\[0\]\.processor: found "x"; expected only one of query and processor$/],
  ],
  [
    "a query of more than 4,000 characters",
    source,
    `{project: p, logstore: l, query: "${"*".padEnd(4001, "x")}"}`,
    [/sources\[0\]\.query: found .*; expected an SPL query: 1 to 4000 characters/],
  ],
  [
    "no source",
    `[${source}]`,
    "[]",
    [/sources: found an empty list; expected at least one source$/],
  ],
  [
    "a wrong group timeout without comparing anything with it",
    consumer,
    "consumer: {group: g, heartbeat_interval: 50s, group_timeout: 1 minute}",
    [/consumer\.group_timeout: found "1 minute"; expected a duration in whole seconds/],
  ],
  [
    "a group that is no mapping, as one problem",
    /hec: .*/.exec(smallest)?.[0] ?? "",
    "hec: 5",
    [/:6:6: hec: found a value; expected a mapping of options$/],
  ],
  [
    "a consumer that is no mapping, as one problem",
    consumer,
    "consumer: [a]",
    [/consumer: found a list; expected a mapping of options$/],
  ],
  [
    "a broken url without asking for another",
    url,
    "url: '${env:NOPE}'",
    [/hec\.url: found "\$\{env:NOPE\}", which is not set or empty/],
  ],
  [
    "several things at once, beside an option that is wrong by itself",
    "token: hidden-2",
    "token: hidden-2, timeout: soon, batch: {max_bytes: 99MB}, tls: {key_file: k}",
    [/hec\.timeout/, /hec\.batch\.max_bytes/, /hec\.tls\.cert_file/],
  ],
];
for (const [sentence, from, to, patterns] of refused) {
  Deno.test(`loadConfig() refuses ${sentence}`, () => {
    assert.ok(smallest.includes(from));
    const lines = reportOf({ text: smallest.replace(from, to) });
    assert.equal(lines.length, patterns.length, lines.join("\n"));
    for (const pattern of patterns) assert.match(lines.join("\n"), new RegExp(pattern, "m"));
  });
}

for (
  const [from, to, where] of [
    [consumer, 'consumer: {group: g, start: "2026-10-06T08:30:01Z"}', "consumer"],
    [
      source,
      '{project: p, logstore: l, consumer: {start: "2026-10-06T16:30:01+08:00"}}',
      "sources",
    ],
  ] as const
) {
  Deno.test(`loadConfig() refuses a start in ${where} in the future, and accepts it once it has passed`, () => {
    const text = smallest.replace(from, to);
    const nowMs = Date.UTC(2026, 9, 6, 8, 30, 0);
    const [line = "", ...more] = reportOf({ text, nowMs });
    assert.match(
      line,
      /consumer\.start: found "2026-.*"; expected a time in the past .*30:00\.000Z/,
    );
    assert.deepEqual(more, []);
    assert.ok(loaded({ text, nowMs: nowMs + 1000 }));
  });
}

Deno.test("loadConfig() asks the one source without a group for its own", () => {
  const text = smallest.replace(`${consumer}\n`, "").replace(
    source,
    `{project: p, logstore: l}, {project: p, logstore: m, consumer: {group: g}}`,
  );
  assert.match(reportOf({ text })[0] ?? "", /sources\[0\]\.consumer\.group: found nothing/);
});

const accepted: [sentence: string, from: string, to: string][] = [
  [
    "a heartbeat of exactly a third of the group timeout",
    consumer,
    "consumer: {group: g, heartbeat_interval: 20s, group_timeout: 60s}",
  ],
  [
    "a source whose own group timeout makes room for a slow heartbeat",
    source,
    "{project: p, logstore: l, consumer: {heartbeat_interval: 30s, group_timeout: 90s}}",
  ],
  ["as many workers as the memory budget has shares for", "sls:", "workers: 3\nsls:"],
  ["one worker on the smallest memory budget", "sls:", "workers: 1\nmemory_budget: 32MB\nsls:"],
  ["the smallest memory budget with the defaults", "sls:", "memory_budget: 32MB\nsls:"],
  [
    "the same logstore in two groups",
    source,
    `${source}, {project: demo-project, logstore: demo-store, consumer: {group: b}}`,
  ],
  ["an address as endpoint of a project that begins like it", endpoint, "endpoint: 127.0.0.1:80"],
  [
    "a group that only the variable names",
    `${consumer}\n`,
    "memory_budget: 64MB\n",
  ],
];
for (const [sentence, from, to] of accepted) {
  Deno.test(`loadConfig() accepts ${sentence}`, () => {
    assert.ok(smallest.includes(from));
    const env = { SLS_CG: "from-variable" };
    assert.ok(loaded({ text: smallest.replace(from, to), env }));
  });
}
