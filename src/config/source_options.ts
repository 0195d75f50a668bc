import { z } from "zod";
import { sourceConsumer } from "./consumer_options.ts";
import { listItem, optional, required, withDefault } from "./option.ts";
import { typeNotes } from "./scalar.ts";
import { textValue } from "./text_value.ts";

const FIELDS = "a list of field names";
const TOPICS = "a mapping of topics to lists of field names, such as {nginx_access: [request]}";

const expandJson = z.record(
  z.string(),
  z.array(textValue({ what: "a field name", maxLength: 128 }), { error: FIELDS }),
  { error: TOPICS },
).transform((fields): ReadonlyMap<string, readonly string[]> => new Map(Object.entries(fields)));
typeNotes.set(expandJson, { kind: "fields by topic", expected: TOPICS, freeKeys: true });

/** SPL. SLS takes no more than 4 KB in a consume processor, and is said to in a query. */
export const splQuery = textValue({ what: "an SPL query", maxLength: 4_000, multiline: true });

const source = listItem({
  project: required(
    textValue({
      what: "a project name: 1 to 63 lower-case letters, digits and - (not at an end)",
      pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    }),
    { help: "Project.", env: "SLS_PROJECT", example: "${env:SLS_PROJECT}" },
  ),
  logstore: required(
    textValue({
      what: "a logstore name: 1 to 128 letters, digits, _ and -",
      pattern: /^[0-9A-Za-z_-]{1,128}$/,
    }),
    { help: "Logstore.", env: "SLS_LOGSTORE", example: "${env:SLS_LOGSTORE}" },
  ),
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
  index: optional(textValue({ what: "an index name", maxLength: 256 }), {
    help: "Splunk index.",
    env: "SPLUNK_INDEX",
    example: "cloud",
    without: "the token's own",
  }),
  sourcetype: optional(textValue({ what: "a sourcetype" }), {
    help: "Splunk sourcetype.",
    env: "SPLUNK_SOURCETYPE",
    example: "aliyun:actiontrail",
    without: "the token's own",
  }),
  source: optional(textValue({ what: "a source" }), {
    help: "Splunk source.",
    env: "SPLUNK_SOURCE",
    example: "sls",
    without: "sls:PROJECT/LOGSTORE",
  }),
  host: optional(textValue({ what: "a host" }), {
    help: "Splunk host.",
    example: "web-1",
    without: "each log group's own source address",
  }),
  expand_json: withDefault(expandJson, { actiontrail_audit_event: ["event"] }, {
    help: "Fields, by topic, whose text is JSON and goes out as JSON; {} for none.",
  }),
  consumer: optional(sourceConsumer, {
    help: "Any key of the top-level consumer, for this source alone.",
    example: "{start: end}",
    without: "the top-level consumer",
  }),
});

/** What to read, and where it goes in Splunk. */
export const sourceOptions = required(
  z.array(source, { error: "a list of sources" }).min(1, { error: "at least one source" }),
  { help: "What is read, and where it goes in Splunk." },
);
