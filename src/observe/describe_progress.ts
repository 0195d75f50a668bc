import type { DeliveredLogs, TelemetryEvent } from "../base/telemetry.ts";

type Progress = Extract<TelemetryEvent, { type: "progress" }>;
type Summary = Extract<TelemetryEvent, { type: "summary" }>;

/** What a source has delivered lately, and how far behind it is. */
export function describeProgress(event: Progress): string {
  const { source, seconds, shards, behind, silent = 0, lagShard, lagSec, lagUnknown } = event;
  const lag = lagSec === undefined ? "" : `; shard ${lagShard} lags most, ${durationText(lagSec)}`;
  const unknown = lagUnknown ? `; the lag of ${lagUnknown} is not known` : "";
  const has = behind === 1 ? "has" : "have";
  const more = silent === 0
    ? `${has} more to read`
    : silent === behind
    ? "may have more to read, as SLS does not answer"
    : `${has} more to read, or may have, as SLS does not answer for ${silent}`;
  const rest = behind === 0
    ? "nothing more to read"
    : `${behind} of ${shards} shards ${more}${lag}${unknown}`;
  return `${source}: ${deliveredText(event)} in ${durationText(seconds)}; ${rest}`;
}

/** What a source has delivered from the start to the end. */
export function describeSummary(event: Summary): string {
  const { source, seconds, behind } = event;
  const rest = behind === 0
    ? ""
    : `; ${behind} ${behind === 1 ? "shard" : "shards"} had more to read`;
  return `${source}: ${deliveredText(event)} in all, in ${durationText(seconds)}${rest}`;
}

function deliveredText(
  { delivered, parked, rawBytes, queried, readLogs, readBytes }: DeliveredLogs,
): string {
  const parts = [`delivered ${logsText(delivered)} (${bytesText(rawBytes)})`];
  if (parked > 0) parts.push(`parked ${parked.toLocaleString("en")}`);
  if (queried && readLogs !== undefined && readBytes !== undefined) {
    parts.push(`of ${logsText(readLogs)} (${bytesText(readBytes)}) before the query`);
  }
  return parts.join(", ");
}

function logsText(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "log" : "logs"}`;
}

function bytesText(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A duration in the largest unit that says enough. */
export function durationText(sec: number): string {
  if (sec < 120) return `${sec} s`;
  return sec < 7200 ? `${(sec / 60).toFixed(1)} min` : `${(sec / 3600).toFixed(1)} hours`;
}
