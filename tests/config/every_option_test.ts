import assert from "node:assert/strict";
import { declaredOptions } from "../../src/config/schema/walk.ts";
import { keyTriple, loaded, type SourcedConfig, variables } from "./test_sources.ts";

type Read = (config: SourcedConfig) => unknown;
const ROLE = "acs:ram::1234567890123456:role/a.b-c";
const PROVIDER = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1";
const oidcOf = ({ sls: { credentials } }: SourcedConfig) =>
  credentials.from === "oidc" ? credentials : undefined;
const assumed = ({ sls: { credentials } }: SourcedConfig) =>
  credentials.from === "assume_role" ? credentials : undefined;
const first = ({ sources: [source] }: SourcedConfig) => source;

/** For each option: a value that is no default, how the configuration shows it, and as what. */
const cases: [path: string, value: string, read: Read, shown: unknown][] = [
  ["sls.endpoint", "cn-beijing", ({ sls }) => sls.endpoint.host, "cn-beijing.log.aliyuncs.com"],
  ["sls.region", "cn-hangzhou", ({ sls }) => sls.signature, {
    version: "v4",
    region: "cn-hangzhou",
  }],
  ["sls.signature", "v4", ({ sls }) => sls.signature.version, "v4"],
  ["sls.credentials.access_key_id", "k", (config) => keyTriple(config)[0], "k"],
  ["sls.credentials.access_key_secret", "s", (config) => keyTriple(config)[1], "s"],
  ["sls.credentials.security_token", "t", (config) => keyTriple(config)[2], "t"],
  ["sls.credentials.file", "f", ({ sls }) => sls.credentials, { from: "file", file: "f" }],
  ["sls.credentials.ecs_ram_role", "auto", ({ sls }) => sls.credentials, {
    from: "ecs_ram_role",
    role: undefined,
    metadataUrl: "http://100.100.100.200:80",
    metadataHost: "100.100.100.200:80",
  }],
  ["sls.credentials.ecs_metadata_url", "http://h:1/x", ({ sls }) => sls.credentials, {
    from: "ecs_ram_role",
    role: "r",
    metadataUrl: "http://h:1/x",
    metadataHost: "h:1",
  }],
  ["sls.credentials.oidc.role_arn", ROLE, (config) => oidcOf(config)?.roleArn, ROLE],
  ["sls.credentials.oidc.provider_arn", PROVIDER, (c) => oidcOf(c)?.providerArn, PROVIDER],
  ["sls.credentials.oidc.token_file", "/t", (config) => oidcOf(config)?.tokenFile, "/t"],
  ["sls.credentials.oidc.session_name", "me", (config) => oidcOf(config)?.sessionName, "me"],
  ["sls.credentials.oidc.sts_endpoint", "sts.test", (config) => oidcOf(config)?.sts, {
    scheme: "https",
    host: "sts.test",
    port: 443,
    origin: "https://sts.test:443",
  }],
  ["sls.credentials.assume_role.role_arn", ROLE, (config) => assumed(config)?.roleArn, ROLE],
  ["sls.credentials.assume_role.session_name", "me", (c) => assumed(c)?.sessionName, "me"],
  [
    "sls.credentials.assume_role.external_id",
    "hidden-9",
    (config) => assumed(config)?.externalId?.reveal(),
    "hidden-9",
  ],
  ["sls.credentials.assume_role.duration", "30m", (c) => assumed(c)?.durationMs, 1_800_000],
  ["sls.credentials.assume_role.policy", `' {"a": 1} '`, (c) => assumed(c)?.policy, '{"a": 1}'],
  [
    "sls.credentials.assume_role.sts_endpoint",
    "http://127.0.0.1:81",
    (config) => assumed(config)?.sts.origin,
    "http://127.0.0.1:81",
  ],
  ["sls.ca_file", "a.pem", ({ sls }) => sls.caFile, "a.pem"],
  ["sls.proxy", "http://p:1", ({ sls }) => sls.proxy?.url, "http://p:1"],
  ["sls.no_proxy", '"A.com, 10.0.0.7:1"', ({ sls }) => sls.noProxy, ["a.com", "10.0.0.7:1"]],
  ["sls.timeout", "1s", ({ sls }) => sls.timeoutMs, 1_000],
  ["consumer.group", "h", (config) => first(config).consumer.group, "h"],
  ["consumer.name", "n", (config) => first(config).consumer.name, "n"],
  ["consumer.start", "end", (config) => first(config).consumer.start, "end"],
  ["consumer.in_order", "false", (config) => first(config).consumer.inOrder, false],
  ["consumer.update_group", "true", (config) => first(config).consumer.updateGroup, true],
  [
    "consumer.heartbeat_interval",
    "1s",
    (config) => first(config).consumer.heartbeatIntervalMs,
    1_000,
  ],
  ["consumer.group_timeout", "90s", (config) => first(config).consumer.groupTimeoutMs, 90_000],
  ["consumer.fetch_interval", "2s", (config) => first(config).consumer.fetchIntervalMs, 2_000],
  ["consumer.fetch_count", "7", (config) => first(config).consumer.fetchCount, 7],
  [
    "consumer.checkpoint_interval",
    "2s",
    (config) => first(config).consumer.checkpointIntervalMs,
    2_000,
  ],
  ["hec.url", "http://h", ({ hec }) => hec.urls.map(({ base }) => base), ["http://h"]],
  ["hec.urls", "[http://h]", ({ hec }) => hec.urls.map(({ base }) => base), ["http://h"]],
  ["hec.token", "t", ({ hec }) => hec.token.value.reveal(), "t"],
  ["hec.tls.verify", "false", ({ hec }) => hec.tls.verify, false],
  [
    "hec.tls.fingerprint",
    `"${"AB:".repeat(31)}AB"`,
    ({ hec }) => hec.tls.fingerprint,
    "ab".repeat(32),
  ],
  ["hec.tls.ca_file", "a.pem", ({ hec }) => hec.tls.caFile, "a.pem"],
  ["hec.tls.cert_file", "c", ({ hec }) => hec.tls.client, { certFile: "c", keyFile: "k" }],
  ["hec.tls.key_file", "k", ({ hec }) => hec.tls.client, { certFile: "c", keyFile: "k" }],
  ["hec.proxy", "http://p:1", ({ hec }) => hec.urls[0].proxy?.url, "http://p:1"],
  ["hec.no_proxy", "b", ({ hec }) => hec.urls.map(({ host, proxy }) => [host, proxy?.host]), [
    ["a", "p"],
    ["b", undefined],
  ]],
  ["hec.headers", "{X-Key: k}", ({ hec }) => hec.headers["X-Key"]?.reveal(), "k"],
  ["hec.timeout", "1s", ({ hec }) => hec.timeoutMs, 1_000],
  ["hec.gzip", "zlib", ({ hec }) => hec.gzip, "zlib"],
  ["hec.event_format", "text", ({ hec }) => hec.eventFormat, "text"],
  ["hec.batch.max_bytes", "2MB", ({ hec }) => hec.batch.maxBytes, 2_000_000],
  ["hec.batch.max_events", "7", ({ hec }) => hec.batch.maxEvents, 7],
  ["hec.batch.max_age", "0s", ({ hec }) => hec.batch.maxAgeMs, 0],
  ["hec.max_concurrent_requests", "2", ({ hec }) => hec.maxConcurrentRequests, 2],
  ["hec.rate", "2MB", ({ hec }) => hec.rateBytesPerSec, 2_000_000],
  ["hec.ack", "on", ({ hec }) => hec.ack, "on"],
  ["hec.ack_timeout", "9s", ({ hec }) => hec.ackTimeoutMs, 9_000],
  ["hec.fallback_index", "i", ({ hec }) => hec.fallbackIndex, "i"],
  ["hec.max_event_bytes", "1MB", ({ hec }) => hec.maxEventBytes, 1_000_000],
  ["hec.oversize", "truncate", ({ hec }) => hec.oversize, "truncate"],
  ["hec.event_id", "false", ({ hec }) => hec.eventId, false],
  ["hec.retire.after_requests", "7", ({ hec }) => hec.retire.afterRequests, 7],
  ["hec.retire.after", "7s", ({ hec }) => hec.retire.afterMs, 7_000],
  ["sources[].name", "n", (config) => first(config).name, "n"],
  ["sources[].project", "q", (config) => first(config).address.hostHeader.split(".")[0], "q"],
  ["sources[].logstore", "m", (config) => first(config).logstore, "m"],
  ["sources[].exclude", "[a, b*]", ({ patterns }) => patterns[0]?.exclude, ["a", "b*"]],
  ["sources[].discover_interval", "9s", ({ patterns }) => patterns[0]?.discoverIntervalMs, 9_000],
  ["sources[].query", "'*'", (config) => first(config).query, "*"],
  ["sources[].processor", "x", (config) => first(config).processor, "x"],
  ["sources[].index", "i", (config) => first(config).events.index, ["i"]],
  ["sources[].sourcetype", "i", (config) => first(config).events.sourcetype, ["i"]],
  ["sources[].source", "i", (config) => first(config).events.source, ["i"]],
  ["sources[].host", "i", (config) => first(config).events.host, ["i"]],
  ["sources[].expand_json", "{a: [b]}", (c) => first(c).events.expandJson, { a: ["b"] }],
  ["sources[].fields", "{a: b}", (config) => first(config).events.fields, { a: ["b"] }],
  ["sources[].routes", "[{topic: a, drop: true}]", (config) => first(config).routes, [
    { topic: ["a"], tag: {}, values: "drop" },
  ]],
  ["sources[].rate", "2MB/s", (config) => first(config).rateBytesPerSec, 2_000_000],
  ["sources[].consumer", "{fetch_count: 9}", (config) => first(config).consumer.fetchCount, 9],
  ["sources[].sls", "{timeout: 9s}", (config) => first(config).sls.timeoutMs, 9_000],
  ["sources[].hec", "{token: t}", (config) => first(config).hec.token.value.reveal(), "t"],
  ["dead_letters.folder", "d", ({ deadLetters }) => deadLetters.folder, "d"],
  ["dead_letters.max_bytes", "1MB", ({ deadLetters }) => deadLetters.maxBytes, 1_000_000],
  ["dead_letters.guard.max_refused_percent", "3", (c) => c.deadLetters.guard.maxRefusedPercent, 3],
  ["dead_letters.guard.max_refused_in_a_row", "3", (c) => c.deadLetters.guard.maxRefusedInARow, 3],
  ["backfill.folder", "b", ({ backfill }) => backfill.folder, "b"],
  ["ledger.file", "l", ({ ledger }) => ledger.file, "l"],
  ["log.level", "debug", ({ log }) => log.level, "debug"],
  ["log.format", "json", ({ log }) => log.format, "json"],
  ["log.file", "f", ({ log }) => log.file, "f"],
  ["log.max_bytes", "1MB", ({ log }) => log.maxBytes, 1_000_000],
  ["log.backups", "0", ({ log }) => log.backups, 0],
  ["memory_budget", "64MB", (config) => config.memoryBudgetBytes, 64_000_000],
  ["workers", "3", (config) => config.workers, 3],
  ["drain_timeout", "1s", (config) => config.drainTimeoutMs, 1_000],
];
for (const [path, value, read, shown] of cases) {
  Deno.test(`loadConfig() carries ${path} into the configuration`, () => {
    assert.notDeepEqual(read(loaded({ env: variables })), shown, "the case shows nothing");
    assert.deepEqual(read(loaded({ text: textWith(path, value), env: variables })), shown);
  });
}

Deno.test("loadConfig() has a case here for every option", () => {
  assert.deepEqual(cases.map(([path]) => path), declaredOptions().map(({ path }) => path));
});

/** What groups need that are missing unless they are written. */
const NEEDED = {
  oidc: [`role_arn: ${ROLE}`, `provider_arn: ${PROVIDER}`, "token_file: /token"],
  assume_role: [`role_arn: ${ROLE}`, "session_name: other"],
};

/** A file that says one option (and what that one needs), the rest being left to the variables. */
function textWith(path: string, value: string): string {
  const keys = path.split(".");
  const inner = keys.at(-1) ?? "";
  if (keys[0] === "sources[]") {
    if (inner === "exclude" || inner === "discover_interval") {
      return `sources: [{project: p, logstore: l}, {project: p, logstore: x*, ${inner}: ${value}}]`;
    }
    const others = ["project: p", "logstore: l"].filter((pair) => !pair.startsWith(`${inner}:`));
    return `sources: [{${[...others, `${inner}: ${value}`].join(", ")}}]`;
  }
  const pairs = [`${inner}: ${value}`];
  if (inner === "cert_file") pairs.push("key_file: k");
  if (inner === "ecs_metadata_url") pairs.push("ecs_ram_role: r");
  for (const [group, needed] of Object.entries(NEEDED)) {
    if (!path.includes(`.${group}.`)) continue;
    pairs.push(...needed.filter((pair) => !pair.startsWith(`${inner}:`)));
  }
  if (path === "hec.no_proxy") pairs.push('proxy: "http://p", urls: ["https://a", "https://b"]');
  if (inner === "key_file") pairs.push("cert_file: c");
  return keys.slice(0, -1).reduceRight((text, key) => `${key}: {${text}}`, pairs.join(", "));
}
