import { describeFallback } from "./hourly_fallbacks.ts";
import { countText, durationText, grouped, hoursText } from "../base/format.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import { describeProgress, describeSummary } from "./describe_progress.ts";
import type { TroubleCount } from "./trouble_limit.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";

type EventOf<T extends TelemetryEvent["type"]> = Extract<TelemetryEvent, { type: T }>;

/**
 * Puts an event into words, for a line of the log.
 *
 * @param count How often a failure has happened, and what it affects.
 */
export function describeEvent(
  event: TelemetryEvent,
  count = ONCE,
): { readonly level: LogLevel; readonly message: string } {
  switch (event.type) {
    case "source_ready":
      return {
        level: "info",
        message: `${event.source}: joined consumer group ${event.group} (${event.how}) as ` +
          `${event.consumer}; heartbeat every ${event.heartbeatIntervalMs} ms, ` +
          `group timeout ${event.groupTimeoutMs} ms`,
      };
    case "group_differs":
      return {
        level: "warning",
        message: `${event.source}: consumer group ${event.group} is not as configured: ` +
          `${event.differences}. The group's own settings are used. Hint: remove the option, or ` +
          "set consumer.update_group: true to change the group for all its members",
      };
    case "progress":
      return { level: "info", message: describeProgress(event) };
    case "summary":
      return { level: "info", message: describeSummary(event) };
    case "source_added":
      return {
        level: "info",
        message: `${event.source}: is read from now on, as ${event.pattern} matches it; shards ` +
          `without a checkpoint start at ${event.start}`,
      };
    case "source_removed":
      return {
        level: "warning",
        message: `${event.source}: is not read any more: two lists of the project's logstores, ` +
          `for ${event.pattern}, do not have it`,
      };
    case "source_released":
      return event.undelivered === 0
        ? { level: "info", message: `${event.source}: everything pulled is delivered` }
        : {
          level: "warning",
          message: `${event.source}: the drain timeout ended before everything pulled from ` +
            `${countText(event.undelivered, "shard")} was delivered. These logs stay in SLS and ` +
            "are sent after the next start. Hint: if this happens often, raise drain_timeout",
        };
    case "shards_granted":
      return {
        level: "info",
        message: `${event.source}: reads ${shardsText(event.shards)}`,
      };
    case "shard_started":
      return {
        level: RESUMES.has(event.from) ? "debug" : "info",
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
        message:
          `${event.source} shard ${event.shard}: was split or merged, and is read to its end`,
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
        message: `${event.source}: how long logs are kept is not known, so there is no warning ` +
          `before they expire unread: ${event.message}. Hint: ${event.hint}`,
      };
    case "retention_near":
      return {
        level: "warning",
        message:
          `${event.source} shard ${event.shard}: lags ${hoursText(event.lagSec)} behind, and ` +
          `logs expire ${hoursText(event.retentionSec)} after SLS received them. Hint: find out ` +
          "what slows delivery down, and raise the logstore's retention until it has caught up",
      };
    case "gap":
      return { level: "error", message: event.message };
    case "page_delivered":
      return {
        level: "debug",
        message: `${event.source} shard ${event.shard}: ${countText(event.logs, "log")}, ` +
          `${grouped(event.rawBytes)} bytes`,
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
          `Batches have at most ${event.maxBytes} bytes, less than hec.batch.max_bytes, as ` +
          `${event.why}: Deno's fetch is used, which does not report whether a larger request ` +
          "was sent whole",
      };
    case "index_fallback":
      return { level: "warning", message: describeFallback(event) };
    case "parked":
      return { level: "warning", message: describeParked(event, count) };
    case "hec_checked":
      return {
        level: "info",
        message: event.takesToken
          ? `HEC at ${event.url} accepts the token${ofSource(event.options)}`
          : `HEC at ${event.url} answers; the first events will show whether it accepts the token` +
            ofSource(event.options),
      };
    case "hec_unencrypted":
      return {
        level: "warning",
        message: `The token and all logs are sent to ${event.url} unencrypted. Hint: set hec.url ` +
          "to an https URL",
      };
    case "sls_unencrypted":
      return {
        level: "warning",
        message:
          `All logs are read from ${event.url} unencrypted: others on the network can read ` +
          "and change them. Hint: set sls.endpoint to an https endpoint",
      };
    case "hec_unverified":
      return {
        level: "warning",
        message: `The certificate of ${event.url} is not verified (hec.tls.verify: false): an ` +
          "attacker in the middle can read the token and all logs. Hint: set hec.tls.ca_file to " +
          "the CA of the collector's certificate",
      };
    case "hec_key_unproven":
      return {
        level: "warning",
        message: `The certificate of ${event.url} has version 1. Deno does not verify that the ` +
          "server holds the key of such a certificate: an attacker in the middle could present a " +
          "copy of it and read the token and all logs. Hint: give the collector a certificate of " +
          "version 3 (openssl x509 -req with -extfile)",
      };
    case "renewed":
      return { level: "info", message: `${event.about}: has changed; the new one is used` };
    case "narrowed":
      return {
        level: "info",
        message: "This process dropped all permissions that its configuration does not need. " +
          `What is left: ${event.may.join(", ")}`,
      };
    case "data_plane":
      return {
        level: "info",
        message: event.workers === 0
          ? "Reads and delivers in the main isolate, without workers"
          : `Reads and delivers in up to ${countText(event.workers, "worker")}. They may connect ` +
            `to ${event.hosts.join(", ")} and do nothing else`,
      };
    case "trouble":
      return { level: event.held ? "error" : "warning", message: describeTrouble(event, count) };
    case "recovered":
      return { level: "info", message: describeRecovery(event.about, count) };
    default:
      return never(event);
  }
}

/** Starts that go without a line: the shards are named when they are granted. */
const RESUMES = new Set(["checkpoint", "what this process has delivered"]);

/** Lost shards are named together, with the reason. */
const ENDED_LEVELS = {
  released: "info",
  lost: "debug",
  gone: "warning",
  abandoned: "warning",
} as const;

const ENDED = {
  released: "released; everything pulled from it is delivered",
  lost: "lost",
  gone: "no longer exists: all its logs have expired",
  abandoned: "given up before everything pulled from it was delivered; the next consumer resumes " +
    "at the checkpoint",
};

const ONCE: TroubleCount = { times: 1, shards: 0, sources: 0, lastedMs: 0 };

function describeTrouble(
  { about, message, hint, retryInMs, held }: EventOf<"trouble">,
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
  { source, shard, cursor, reason, status, code, text, folder }: EventOf<"parked">,
  count: TroubleCount,
): string {
  const many = hitText(count);
  const number = count.times === 1
    ? "1 event"
    : `${grouped(count.times)} events${many && ` of ${many}`} since the last report, the last`;
  const why = status === 0
    ? text
    : `HEC answered ${status}${code === undefined ? "" : `, code ${code}`} "${text}"`;
  return `${source}: parked ${number} at shard ${shard} cursor ${cursor}: ${why}. It is kept in ` +
    `${folder}. Hint: ${PARKED_HINTS[reason]}`;
}

const REPLAY = "sls2hec dead-letters list shows it, and dead-letters replay sends it again";
const PARKED_HINTS = {
  refused: `${REPLAY}. Solve the cause first`,
  too_large: `${REPLAY}. First raise Splunk's maxEventSize (after a 413, its max_content_length ` +
    "or a gateway's limit), or set hec.max_event_bytes below it",
  oversize: `${REPLAY}. First raise hec.max_event_bytes, or set hec.oversize: truncate to ` +
    "shorten such events",
  malformed: "The dead letter has the log's bytes in sls2hec_malformed_log. Please report it " +
    "with the cursor",
};

function describeRecovery(about: string, count: TroubleCount): string {
  const { times, lastedMs, what = about } = count;
  const many = hitText(count);
  const lasted = durationText(Math.ceil(lastedMs / 1000));
  return `${what}: works again after ${lasted}; it had failed ${timesText(times)}` +
    `${many && `, ${many}`}`;
}

function timesText(times: number): string {
  return times === 1 ? "once" : `${grouped(times)} times`;
}

/** `17 shards of 3 sources`; empty for one of each. */
function hitText({ shards, sources }: TroubleCount): string {
  const parts: string[] = [];
  if (shards > 1) parts.push(countText(shards, "shard"));
  if (sources > 1) parts.push(countText(sources, "source"));
  return parts.join(" of ");
}

/** `shard 3` or `shards 0-3, 7`. */
function shardsText(shards: readonly number[]): string {
  return `${shards.length === 1 ? "shard" : "shards"} ${rangesText(shards)}`;
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

/** Which token, where there are several. */
function ofSource(options: string | undefined): string {
  return options === undefined ? "" : ` of ${options}`;
}
