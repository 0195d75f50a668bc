import { bytesText, countText, durationText, grouped } from "../base/format.ts";
import type { DeliveredLogs, TelemetryEvent } from "../base/telemetry.ts";

type Progress = Extract<TelemetryEvent, { type: "progress" }>;
type Summary = Extract<TelemetryEvent, { type: "summary" }>;

/** What a source has delivered since the last report, and how far behind it is. */
export function describeProgress(event: Progress): string {
  const { source, seconds, shards, behind, silent = 0, lagShard, lagSec, lagUnknown } = event;
  const limits = (event.limitedBy ?? []).map(({ rate, bytesPerSec }) => {
    return `${rate} of ${bytesText(bytesPerSec)} a second`;
  });
  const limited = limits.length === 0 ? "" : `; limited by ${limits.join(" and ")}`;
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
    : `${grouped(behind)} of ${countText(shards, "shard")} ${more}${lag}${unknown}`;
  return `${source}: ${deliveredText(event)} in ${durationText(seconds)}; ${rest}${limited}`;
}

/** What a source has delivered from the start of the program to its end. */
export function describeSummary(event: Summary): string {
  const { source, seconds, behind } = event;
  const rest = behind === 0 ? "" : `; ${countText(behind, "shard")} had more to read`;
  return `${source}: ${deliveredText(event)} in all, in ${durationText(seconds)}${rest}`;
}

function deliveredText(
  { delivered, parked, rawBytes, queried, readLogs, readBytes }: DeliveredLogs,
): string {
  const parts = [`delivered ${countText(delivered, "log")} (${bytesText(rawBytes)})`];
  if (parked > 0) parts.push(`parked ${grouped(parked)}`);
  if (queried && readLogs !== undefined && readBytes !== undefined) {
    parts.push(`of ${countText(readLogs, "log")} (${bytesText(readBytes)}) before the query`);
  }
  return parts.join(", ");
}
