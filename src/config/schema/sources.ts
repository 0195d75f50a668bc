import { z } from "zod";
import { NEW_GROUP_TIMEOUT_MS } from "../group_timeout.ts";
import { sourceHec } from "./hec.ts";
import { sourceSls } from "./sls.ts";
import { byteRate, duration } from "../types/quantities.ts";
import { flag, textValue, wholeNumber } from "../types/scalars.ts";
import { type TextList, textList } from "../types/lists.ts";
import { startPosition } from "../types/times.ts";
import {
  group,
  listItem,
  optional,
  overridesOf,
  required,
  type Scalar,
  typeNotes,
  withDefault,
} from "./declare.ts";
import { eventFields, eventTexts, routes } from "./routes.ts";

const shape = {
  // The rule of the vendor's Java SDK.
  group: optional(
    textValue({
      what: "a consumer group name: 1 to 128 letters, digits, _ and -",
      pattern: /^[0-9A-Za-z_-]{1,128}$/,
    }),
    {
      help: "Consumer group; created if it does not exist. One group is one copy of the logs.",
      env: "SLS_CG",
      example: "${env:SLS_CG}",
      requiredUnless: "each source has its own",
    },
  ),
  name: optional(textValue({ what: "a consumer name", maxLength: 256 }), {
    help: "Name of this process within the group; no two processes may share one.",
    example: "forwarder-1",
    without: "generated from group, host, process id and a random suffix",
  }),
  start: withDefault(startPosition(), "begin", {
    help: "Where a shard without a checkpoint starts: begin, end, or a time of receipt.",
  }),
  in_order: optional(flag(), {
    help: "Read shards created by a split or merge only after their parents.",
    example: "true",
    without: "false for a new group; an existing group keeps its own",
  }),
  update_group: withDefault(flag(), "false", {
    help:
      "Once at the start, change in_order and group_timeout of an existing group to the values set here.",
  }),
  heartbeat_interval: withDefault(duration({ min: "10ms" }), "20s", {
    help: "Time between heartbeats; at most a third of group_timeout.",
  }),
  group_timeout: optional(duration({ min: "1s", wholeSeconds: true }), {
    help: "Silence after which SLS gives a consumer's shards to others.",
    example: "60s",
    without: `${NEW_GROUP_TIMEOUT_MS / 1000}s for a new group; an existing group keeps its own`,
  }),
  fetch_interval: withDefault(duration({ min: "10ms" }), "1s", {
    help: "Wait at the end of a shard before the next pull.",
  }),
  fetch_count: withDefault(wholeNumber({ min: 1, max: 1_000 }), "1000", {
    help: "Log groups requested in one pull.",
  }),
  checkpoint_interval: withDefault(duration({ min: "10ms" }), "5s", {
    help: "Time between checkpoint writes of one shard.",
  }),
};

/** How logs are shared among consumers. */
export const consumerOptions = group("How logs are read, for all sources.", shape);

/** The same keys for one source. */
const sourceConsumer = listItem(overridesOf("consumer", shape));

const FIELDS = "a list of field names";
const TOPICS = "a mapping of topics to lists of field names, such as {nginx_access: [request]}";

const expandJson = z.record(
  z.string(),
  z.array(textValue({ what: "a field name", maxLength: 128 }), { error: FIELDS }),
  { error: TOPICS },
).transform((fields): ReadonlyMap<string, readonly string[]> => new Map(Object.entries(fields)));
typeNotes.set(expandJson, { kind: "fields by topic", expected: TOPICS, freeKeys: true });

/** SPL. SLS accepts at most 4 KB in a consume processor; its documentation says the same of queries. */
export const splQuery: Scalar<string> = textValue({
  what: "an SPL query",
  maxLength: 4_000,
  multiline: true,
});

/** Most names and patterns in one list. */
const MAX_LOGSTORES = 100;

function logstoreNames(mayBeEmpty: boolean): TextList {
  return textList({
    item: textValue({
      what: "a logstore name: 1 to 128 letters, digits, _ and -, and * and ? for a pattern",
      pattern: /^[0-9A-Za-z_*?-]{1,128}$/,
    }),
    kind: "text or list",
    expected: "a logstore name or pattern, or a list of these",
    max: MAX_LOGSTORES,
    mayBeEmpty,
  });
}

/** One item of `sources`. */
export const sourceItem = listItem({
  name: optional(
    textValue({
      what: "a name: 1 to 128 letters, digits and . _ / @ : -",
      pattern: /^[0-9A-Za-z._\/@:-]{1,128}$/,
    }),
    {
      help: "Name of the source for commands, ledger, dead letters and log; each one once.",
      example: "waf-eu",
      without: "project/logstore, with @group and @host:port where needed to tell sources apart",
    },
  ),
  project: required(
    textValue({
      what: "a project name: 1 to 63 lower-case letters, digits and - (not at an end)",
      pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    }),
    {
      help: "SLS project.",
      env: "SLS_PROJECT",
      listEnv: "SLS_PROJECTS",
      example: "${env:SLS_PROJECT}",
    },
  ),
  logstore: required(logstoreNames(false), {
    help: "SLS logstore; or a list of logstores, or of patterns with * and ?, such as audit-*.",
    env: "SLS_LOGSTORE",
    listEnv: "SLS_LOGSTORES",
    example: "${env:SLS_LOGSTORE}",
  }),
  exclude: optional(logstoreNames(true), {
    help: "Logstores that a pattern leaves out, as names and patterns; [] for none.",
    example: '[internal-*, "*-metrics*", tmp-*]',
    without: "internal-* and *-metrics*",
  }),
  discover_interval: optional(duration({ min: "1s" }), {
    help: "Time from one listing of a pattern's logstores to the next.",
    example: "5m",
    without: "5m",
  }),
  query: optional(splQuery, {
    help: "SPL that SLS runs on the logs before they are read; not together with processor.",
    example: `"* | where status = '500'"`,
    without: "all logs",
  }),
  processor: optional(textValue({ what: "a consume processor's name", maxLength: 128 }), {
    help: "Consume processor that SLS runs on the logs; not together with query.",
    example: "drop-health-checks",
    without: "all logs",
  }),
  index: optional(eventTexts.index, {
    help: "Splunk index; none leaves it to the token. May differ by log group: ${topic}.",
    env: "SPLUNK_INDEX",
    example: "cloud",
    without: "the token's own",
  }),
  sourcetype: optional(eventTexts.sourcetype, {
    help: "Splunk sourcetype; none leaves it to the token.",
    env: "SPLUNK_SOURCETYPE",
    example: "aliyun:actiontrail",
    without: "the token's own",
  }),
  source: optional(eventTexts.source, {
    help: "Splunk source; none leaves it to the token. May differ by log group: ${topic}.",
    env: "SPLUNK_SOURCE",
    example: "sls",
    without: "sls:PROJECT/LOGSTORE",
  }),
  host: optional(eventTexts.host, {
    help: "Splunk host; none leaves it to the token. May differ by log group: ${tag:__hostname__}.",
    example: '"${tag:__hostname__}"',
    without: "each log group's own source address",
  }),
  expand_json: withDefault(expandJson, { actiontrail_audit_event: ["event"] }, {
    help: "Fields, by topic, whose text is JSON and is sent as JSON; {} for none.",
  }),
  fields: optional(eventFields, {
    help: "Further indexed fields of every event, by name, such as account and region.",
    example: '{account: prod, store: "${project}/${logstore}"}',
    without: "none",
  }),
  routes: optional(routes, {
    help:
      "Other values for some log groups, by topic and tag; or drop: true. The first match counts.",
    example: "[{topic: nginx*, index: web}, {topic: debug, drop: true}]",
    without: "all log groups have the values above",
  }),
  rate: optional(byteRate(), {
    help: "Most bytes of uncompressed logs a second.",
    example: "10MB",
    without: "no limit",
  }),
  consumer: optional(sourceConsumer, {
    help: "Any key of the top-level consumer, for this source only.",
    example: "{start: end}",
    without: "the top-level consumer",
  }),
  sls: optional(sourceSls, {
    help: "Any key of the top-level sls, for this source only.",
    example: "{endpoint: eu-central-1.log.aliyuncs.com}",
    without: "the top-level sls",
  }),
  hec: optional(sourceHec, {
    help: "Any key of the top-level hec, for this source only.",
    example: '{token: "${file:/run/secrets/hec_token_2}"}',
    without: "the top-level hec",
  }),
});

/** What `sources` must be. */
export const SOURCES = "a list of sources";

/** What is read, and where it goes in Splunk. */
export const sourceOptions = required(
  z.array(sourceItem, { error: SOURCES }).min(1, { error: "at least one source" }),
  { help: "What is read, and where it goes in Splunk." },
);
