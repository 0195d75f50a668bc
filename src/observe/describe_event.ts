import { durationText, hoursText } from "../base/format.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import { describeProgress, describeSummary } from "./describe_progress.ts";
import type { TroubleCount } from "./trouble_limit.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";

/** A telemetry event as a log line says it. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** Puts an event into words. @param count How often a trouble has happened, and whom it hits. */
export function describeEvent(event: TelemetryEvent, count = ONCE): LogLine {
  switch (event.type) {
    case "source_ready":
      return {
        level: "info",
        message: `${event.source}: in consumer group ${event.group} (${event.how}) as ` +
          `${event.consumer}; heartbeat every ${event.heartbeatIntervalMs} ms, ` +
          `group timeout ${event.groupTimeoutMs} ms`,
      };
    case "group_differs":
      return {
        level: "warning",
        message: `${event.source}: consumer group ${event.group} is not as configured: ` +
          `${event.differences}. Its own settings hold. Hint: leave the option out, or set ` +
          `consumer.update_group: true to change the group for all its members`,
      };
    case "progress":
      return { level: "info", message: describeProgress(event) };
    case "summary":
      return { level: "info", message: describeSummary(event) };
    case "source_released":
      return event.undelivered === 0
        ? { level: "info", message: `${event.source}: everything in hand is delivered` }
        : {
          level: "warning",
          message: `${event.source}: ${event.undelivered} shards had logs in hand that were not ` +
            `delivered in time; they stay in SLS and come with the next start`,
        };
    case "shards_granted":
      return {
        level: "info",
        message: `${event.source}: reads shards ${rangesText(event.shards)}`,
      };
    case "shard_started":
      return {
        level: GOES_ON.has(event.from) ? "debug" : "info",
        message: `${event.source} shard ${event.shard}: starts at ${event.cursor} (${event.from})`,
      };
    case "shard_ended":
      return {
        level: ENDED_LEVELS[event.how],
        message: `${event.source} shard ${event.shard}: ${ENDED[event.how]}`,
      };
    case "shard_finished":
      return {
        level: "info",
        message: `${event.source} shard ${event.shard}: is read-only and read to its end`,
      };
    case "leases_lost":
      return {
        level: "warning",
        message: `${event.source}: shards lost: ${event.reason} (${rangesText(event.shards)})`,
      };
    case "checkpoint_written":
      return {
        level: "debug",
        message: `${event.source} shard ${event.shard}: checkpoint ${event.cursor}`,
      };
    case "retention_unknown":
      return {
        level: "warning",
        message: `${event.source}: how long logs are kept is not known, so no warning comes ` +
          `before they expire unread: ${event.message}. Hint: ${event.hint}`,
      };
    case "retention_near":
      return {
        level: "warning",
        message:
          `${event.source} shard ${event.shard}: lags ${hoursText(event.lagSec)} behind, and ` +
          `logs expire ${hoursText(event.retentionSec)} after their receipt. Hint: raise the ` +
          "logstore's retention, or find out what holds delivery up",
      };
    case "gap":
      return { level: "error", message: event.message };
    case "page_delivered":
      return {
        level: "debug",
        message:
          `${event.source} shard ${event.shard}: ${event.logs} logs, ${event.rawBytes} bytes`,
      };
    case "config_warning":
      return {
        level: "warning",
        message: `${event.place}: ${event.message}. Hint: ${event.hint}`,
      };
    case "batches_limited":
      return {
        level: "info",
        message:
          `Batches have ${event.maxBytes} bytes at most, less than hec.batch.max_bytes, as ` +
          `${event.why}: Deno's fetch carries them, which does not tell whether a large request was sent`,
      };
    case "parked":
      return { level: "warning", message: describeParked(event, count) };
    case "hec_checked":
      return {
        level: "info",
        message: `HEC at ${event.url} answers` +
          (event.takesToken
            ? " and takes the token"
            : "; whether it takes the token shows with the first events"),
      };
    case "hec_unencrypted":
      return {
        level: "warning",
        message:
          `The token and all logs go to ${event.url} in clear text; set hec.url to an https URL`,
      };
    case "sls_unencrypted":
      return {
        level: "warning",
        message: `All logs come from ${event.url} in clear text, which anybody between may read ` +
          `and change; set sls.endpoint to an https endpoint`,
      };
    case "hec_unverified":
      return {
        level: "warning",
        message:
          `The certificate of ${event.url} is not checked (hec.tls.verify: false): anybody ` +
          `between may read the token and all logs; set hec.tls.ca_file to the collector's CA`,
      };
    case "hec_key_unproven":
      return {
        level: "warning",
        message:
          `The certificate of ${event.url} is of version 1, of which Deno does not check that the ` +
          `server holds its key: who gets between and shows a copy of it may read the token and all ` +
          `logs. Hint: give the collector a certificate of version 3 (openssl x509 -req with ` +
          `-extfile)`,
      };
    case "renewed":
      return { level: "info", message: `${event.about}: has changed; the new one is used` };
    case "narrowed":
      return {
        level: "info",
        message: `This program may do what its configuration needs and nothing else: ${
          event.may.join(", ")
        }`,
      };
    case "data_plane":
      return {
        level: "info",
        message: event.workers === 0
          ? "Reads and delivers in the main isolate, without workers"
          : `Reads and delivers in up to ${event.workers} workers, which may reach ${
            event.hosts.join(", ")
          } and do nothing else`,
      };
    case "trouble":
      return { level: event.held ? "error" : "warning", message: describeTrouble(event, count) };
    case "recovered":
      return { level: "info", message: describeRecovery(event.about, count) };
    default:
      return never(event);
  }
}

/** Where a shard begins that needs no word: the shards are named when they are granted. */
const GOES_ON = new Set(["checkpoint", "what this process has delivered"]);

/** Shards that are lost are named with the reason. */
const ENDED_LEVELS = {
  released: "info",
  lost: "debug",
  gone: "warning",
  abandoned: "warning",
} as const;

const ENDED = {
  released: "let go; what was in hand of it is delivered",
  lost: "lost",
  gone: "is gone: its data has expired",
  abandoned: "given up with logs in hand; they come again from the checkpoint",
};

const ONCE: TroubleCount = { times: 1, shards: 0, sources: 0, lastedMs: 0 };

function describeTrouble(
  { about, message, hint, retryInMs, held }: Extract<TelemetryEvent, { type: "trouble" }>,
  count: TroubleCount,
): string {
  const many = hitText(count);
  const again = count.times > 1
    ? ` (${timesText(count.times)} since the last report${many && `, ${many}`})`
    : "";
  const next = retryInMs > 0 ? `; next try in ${(retryInMs / 1000).toFixed(1)} s` : "";
  return `${about}: ${held ? "HELD: " : ""}${message}${again}${next}. Hint: ${hint}`;
}

function describeParked(
  { source, shard, cursor, reason, status, code, text, folder }: Extract<
    TelemetryEvent,
    { type: "parked" }
  >,
  count: TroubleCount,
): string {
  const many = hitText(count);
  const number = count.times === 1
    ? "1 event"
    : `${count.times} events${many && ` of ${many}`} since the last report, the last`;
  const why = status === 0
    ? text
    : `HEC answered ${status}${code === undefined ? "" : `, code ${code}`} "${text}"`;
  return `${source}: parked ${number} at shard ${shard} cursor ${cursor}: ${why}. It is kept in ` +
    `${folder}. Hint: ${PARKED_HINTS[reason]}`;
}

const MEND = "sls2hec dead-letters list shows it; dead-letters replay sends it again once";
const PARKED_HINTS = {
  refused: `${MEND} the cause is mended`,
  too_large:
    `${MEND} Splunk's maxEventSize (after a 413, its max_content_length or a gateway's limit) is ` +
    "raised, or set hec.max_event_bytes below it",
  oversize: `${MEND} hec.max_event_bytes is raised; hec.oversize: truncate cuts such events`,
  malformed: "The dead letter holds the log's bytes in sls2hec_malformed_log. Report it with the " +
    "cursor",
};

function describeRecovery(about: string, count: TroubleCount): string {
  const { times, lastedMs, what } = count;
  const many = hitText(count);
  return `${what ?? about}: works again after ${
    durationText(Math.ceil(lastedMs / 1000))
  }; it had ` +
    `failed ${timesText(times)}${many && `, ${many}`}`;
}

function timesText(times: number): string {
  return times === 1 ? "once" : `${times} times`;
}

/** `17 shards of 3 sources`; empty for one of each. */
function hitText({ shards, sources }: TroubleCount): string {
  const parts: string[] = [];
  if (shards > 1) parts.push(`${shards} shards`);
  if (sources > 1) parts.push(`${sources} sources`);
  return parts.join(" of ");
}

/** `0-3, 7`. */
function rangesText(numbers: readonly number[]): string {
  const parts: string[] = [];
  const sorted = numbers.toSorted((a, b) => a - b);
  for (let i = 0, from = 0; i < sorted.length; i++) {
    if (sorted[i + 1] === sorted[i]! + 1) continue;
    parts.push(from === i ? `${sorted[i]}` : `${sorted[from]}-${sorted[i]}`);
    from = i + 1;
  }
  return parts.join(", ");
}

/** Keeps the switch complete: an event without words does not compile. */
function never(event: never): never {
  throw new TypeError(`Cannot describe event: unknown type in ${JSON.stringify(event)}`);
}
