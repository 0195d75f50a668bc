import { countText } from "../base/format.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";

const REPEAT_AFTER_MS = 3_600_000;

type Fallback = Extract<TelemetryEvent, { type: "index_fallback" }>;

/** Counts the events that went to fallback indexes: each source and cause is reported at once, then once an hour. */
export class HourlyFallbacks {
  /** By source and cause. */
  readonly #counts = new Map<string, { events: number; reportedMs: number }>();

  /**
   * Counts events.
   *
   * @returns what to report now, with all that came since the last report; undefined for nothing.
   */
  add(fallback: Fallback, nowMs: number): Fallback | undefined {
    const key = `${fallback.cause} ${fallback.source}`;
    const count = this.#counts.get(key) ?? { events: 0, reportedMs: -Infinity };
    this.#counts.set(key, count);
    count.events += fallback.events;
    if (nowMs - count.reportedMs < REPEAT_AFTER_MS) return undefined;
    const { events } = count;
    Object.assign(count, { events: 0, reportedMs: nowMs });
    return { ...fallback, events };
  }
}

/** Says that events went to a fallback index, why, and what to do about it. */
export function describeFallback(
  { source, cause, events, fallbackIndex }: Fallback,
): string {
  const went = `${source}: ${
    countText(events, "event")
  } went to the fallback index "${fallbackIndex}"`;
  return cause === "refused"
    ? `${went}: the token does not allow their own. Hint: allow it for the token in Splunk; it is ` +
      "tried again once an hour, and with a new token"
    : `${went}: no index can have the name that they would get. Hint: check the templates of index, ` +
      "and the topics and tags of the logs; names of indexes have lower-case letters, digits, - and _";
}
