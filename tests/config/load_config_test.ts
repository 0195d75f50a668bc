import assert from "node:assert/strict";
import { keyTriple, loaded, reportOf, smallest, variables } from "./test_sources.ts";

Deno.test("loadConfig() needs no file: the variables are enough", () => {
  const config = loaded({ env: variables });
  assert.equal(config.sls.endpoint.host, "cn-hangzhou.log.aliyuncs.com");
  assert.deepEqual(keyTriple(config), [
    "LTAI4TESTEXAMPLEKEYID",
    "ExampleSecret0123456789",
    undefined,
  ]);
  assert.deepEqual(config.sls.signature, { version: "v1" });
  assert.equal(config.hec.urls[0].base, "https://splunk.example.com:8088");
  assert.equal(config.hec.token.value.reveal(), "11111111-2222-3333-4444-555555555555");
  const [source, ...others] = config.sources;
  assert.equal(others.length, 0);
  assert.deepEqual([source.project, source.logstore], ["demo-project", "demo-store"]);
  assert.equal(source.address.origin, "https://demo-project.cn-hangzhou.log.aliyuncs.com");
  assert.equal(source.consumer.group, "demo-group");
});

Deno.test("loadConfig() reads optional variables", () => {
  const env = {
    ...variables,
    SLS_REGION: "cn-hangzhou",
    SLS_SECURITY_TOKEN: "CAISexample+/==",
    SPLUNK_INDEX: "cloud",
    SPLUNK_SOURCETYPE: "aliyun:actiontrail",
    SPLUNK_SOURCE: "sls",
  };
  const config = loaded({ env });
  const { sls, sources: [source] } = config;
  assert.deepEqual(sls.signature, { version: "v4", region: "cn-hangzhou" });
  assert.equal(keyTriple(config)[2], "CAISexample+/==");
  const { index, sourcetype, source: from } = source.events;
  assert.deepEqual([index, sourcetype, from], [["cloud"], ["aliyun:actiontrail"], ["sls"]]);
});

Deno.test("loadConfig() treats an empty variable as not set", () => {
  const config = loaded({ env: { ...variables, SPLUNK_INDEX: "", SLS_REGION: "" } });
  assert.equal(config.sources[0].events.index, undefined);
  assert.deepEqual(config.sls.signature, { version: "v1" });
});

Deno.test("loadConfig() fills in the defaults", () => {
  const { sls, hec, sources: [source], ...others } = loaded({ text: smallest });
  assert.equal(sls.timeoutMs, 60_000);
  assert.deepEqual([sls.caFile, sls.proxy, hec.urls[0].proxy], [undefined, undefined, undefined]);
  assert.deepEqual({ ...hec, urls: [], token: "", clientId: "", setId: "" }, {
    urls: [],
    token: "",
    clientId: "",
    setId: "",
    path: "hec",
    tls: { verify: true, fingerprint: undefined, caFile: undefined, client: undefined },
    timeoutMs: 120_000,
    gzip: true,
    eventFormat: "object",
    batch: { maxBytes: 1_000_000, maxEvents: 5_000, maxAgeMs: 1_000 },
    maxConcurrentRequests: 24,
    ack: "auto",
    ackTimeoutMs: 300_000,
    fallbackIndex: undefined,
    oversize: "park",
    maxEventBytes: 4_900_000,
    eventId: true,
    retire: { afterRequests: 2_000, afterMs: 300_000 },
    headers: {},
    rateBytesPerSec: undefined,
  });
  assert.deepEqual(source.consumer, {
    group: "demo-group",
    name: undefined,
    start: "begin",
    inOrder: undefined,
    updateGroup: false,
    heartbeatIntervalMs: 20_000,
    groupTimeoutMs: undefined,
    fetchIntervalMs: 1_000,
    fetchCount: 1_000,
    checkpointIntervalMs: 5_000,
  });
  const { query, processor, rateBytesPerSec } = source;
  assert.deepEqual([query, processor, rateBytesPerSec], Array(3).fill(undefined));
  assert.deepEqual(source.events, {
    host: [{ of: "source" }],
    source: ["sls:demo-project/demo-store"],
    sourcetype: undefined,
    index: undefined,
    fields: {},
    expandJson: { actiontrail_audit_event: ["event"] },
  });
  assert.deepEqual(source.routes, []);
  assert.deepEqual({ ...others }, {
    deadLetters: {
      folder: "dead-letters",
      maxBytes: 100_000_000,
      guard: { maxRefusedPercent: 10, maxRefusedInARow: 100 },
    },
    backfill: { folder: "backfill" },
    ledger: { file: undefined },
    log: { level: "info", format: "text", file: undefined, maxBytes: 100_000_000, backups: 5 },
    memoryBudgetBytes: 32_000_000,
    workers: "auto",
    drainTimeoutMs: 8_000,
    patterns: [],
    warnings: [],
  });
});

Deno.test("loadConfig() prefers the file to the variables", () => {
  const env = { ...variables, SLS_ENDPOINT: "cn-beijing", SLS_CG: "other", SPLUNK_INDEX: "other" };
  const config = loaded({ text: smallest, env });
  assert.equal(config.sls.endpoint.host, "cn-hangzhou.log.aliyuncs.com");
  assert.equal(config.sources[0].consumer.group, "demo-group");
  assert.equal(config.hec.token.value.reveal(), "hidden-2");
});

Deno.test("loadConfig() takes what the file leaves out from the variables", () => {
  const config = loaded({ text: "log: {level: debug}\nconsumer: {group: mine}\n", env: variables });
  assert.equal(config.sources[0].consumer.group, "mine");
  assert.equal(config.log.level, "debug");
  assert.equal(config.sources[0].project, "demo-project");
});

for (const text of ["", "# nothing\n", "\uFEFF", "sls:\nhec:\nlog: # nothing\n", "~"]) {
  Deno.test(`loadConfig() takes everything from variables for a file of ${JSON.stringify(text)}`, () => {
    assert.equal(loaded({ text, env: variables }).sources[0].project, "demo-project");
  });
}

Deno.test("loadConfig() gives no source of the file anything from the variables", () => {
  const env = { ...variables, SPLUNK_INDEX: "other", SPLUNK_SOURCE: "other" };
  const [source] = loaded({ text: smallest, env }).sources;
  assert.equal(source.events.index, undefined);
  assert.deepEqual(source.events.source, ["sls:demo-project/demo-store"]);
  const text = smallest.replace("project: demo-project, ", "");
  assert.match(reportOf({ text, env })[0] ?? "", /sources\[0\]\.project: found nothing; .*end\)$/);
});

Deno.test("loadConfig() puts a source's own consumer keys over the shared ones", () => {
  const text = smallest.replace(
    "consumer: {group: demo-group}",
    "consumer: {group: shared, in_order: true, group_timeout: 90s, fetch_count: 500}",
  ).replace(
    "logstore: demo-store}",
    "logstore: a, consumer: {group: own, start: end, in_order: false, heartbeat_interval: 10s}}, " +
      "{project: demo-project, logstore: b, expand_json: {}}",
  );
  const [first, second] = loaded({ text }).sources;
  assert.deepEqual(first.consumer, {
    group: "own",
    name: undefined,
    start: "end",
    inOrder: false,
    updateGroup: false,
    heartbeatIntervalMs: 10_000,
    groupTimeoutMs: 90_000,
    fetchIntervalMs: 1_000,
    fetchCount: 500,
    checkpointIntervalMs: 5_000,
  });
  assert.equal(second?.consumer.group, "shared");
  assert.deepEqual([second?.consumer.inOrder, second?.consumer.start], [true, "begin"]);
  assert.deepEqual(second?.events.expandJson, {});
});

Deno.test("loadConfig() names a source by its logstore, and by its group where two read the same", () => {
  const sources = "{project: p, logstore: a}, {project: p, logstore: b, consumer: {group: h}}, " +
    "{project: p, logstore: b}";
  const text = smallest.replace("{project: demo-project, logstore: demo-store}", sources);
  assert.deepEqual(loaded({ text }).sources.map(({ name }) => name), [
    "p/a",
    "p/b@h",
    "p/b@demo-group",
  ]);
});

Deno.test("loadConfig() keeps topics that look like inherited keys", () => {
  const text = smallest.replace(
    "logstore: demo-store",
    "$&, expand_json: {constructor: [a], toString: [b], '': [c]}",
  );
  const { expandJson } = loaded({ text }).sources[0].events;
  assert.deepEqual(Object.entries(expandJson), [
    ["constructor", ["a"]],
    ["toString", ["b"]],
    ["", ["c"]],
  ]);
});

const signatures: [endpoint: string, more: string, signature: unknown][] = [
  ["cn-hangzhou", "signature: v4", { version: "v4", region: "cn-hangzhou" }],
  ["cn-hangzhou", "region: cn-hangzhou", { version: "v4", region: "cn-hangzhou" }],
  ["cn-hangzhou-intranet.log.aliyuncs.com", "region: cn-hangzhou", {
    version: "v4",
    region: "cn-hangzhou",
  }],
  ["log-global.aliyuncs.com", "region: cn-beijing", { version: "v4", region: "cn-beijing" }],
  ["cn-hangzhou", "region: cn-beijing, signature: v1", { version: "v1" }],
  ["cn-acdr-ut-1", "timeout: 1s", { version: "v4", region: "cn-acdr-ut-1" }],
  ["127.0.0.1:80", "region: cn-x, signature: v4", { version: "v4", region: "cn-x" }],
];
for (const [endpoint, more, signature] of signatures) {
  Deno.test(`loadConfig() signs for ${endpoint} with ${more} as ${JSON.stringify(signature)}`, () => {
    const text = smallest.replace("cn-hangzhou.log.aliyuncs.com", endpoint)
      .replace("  credentials", `  ${more.replace(", ", "\n  ")}\n$&`);
    assert.deepEqual(loaded({ text }).sls.signature, signature);
  });
}

Deno.test("loadConfig() takes several collectors in place of one", () => {
  const text = smallest.replace(/url: "[^"]*"/, "urls: ['https://a:8088', 'http://b']");
  const { urls } = loaded({ text, env: { SPLUNK_HEC_URL: "https://never" } }).hec;
  assert.deepEqual(urls.map(({ base }) => base), ["https://a:8088", "http://b"]);
});

Deno.test("loadConfig() lets an alias repeat a value", () => {
  const text = smallest.replace("token: hidden-2", "$&, timeout: &t 30s, ack_timeout: *t");
  assert.equal(loaded({ text }).hec.ackTimeoutMs, 30_000);
});

Deno.test("loadConfig() gives a frozen configuration whose secrets do not print", () => {
  const config = loaded({
    text: `${smallest}\n`.replace("token: hidden-2", "$&, proxy: 'http://u:hidden-3@p'"),
    env: { SLS_SECURITY_TOKEN: "hidden-4" },
  });
  const printed = JSON.stringify(config) + Deno.inspect(config, { depth: 20 });
  assert.ok(!printed.includes("hidden-"), printed);
  assert.equal(config.hec.urls[0].proxy?.login?.password.reveal(), "hidden-3");
  for (const part of [config, config.hec, config.hec.batch, config.sources, config.sources[0]]) {
    assert.ok(Object.isFrozen(part));
  }
  assert.equal(keyTriple(config)[2], "hidden-4");
});
