import type { TelemetryEvent } from "../base/telemetry.ts";
import { sameText } from "./same_text.ts";

/** How often the same failure is reported, unless it says otherwise. */
const REPEAT_AFTER_MS = 60_000;
/** Beginnings and changes are reported at once; for a failure that comes and goes, this many a minute. */
const MAX_NEWS_A_MINUTE = 3;
const MINUTE_MS = 60_000;
/** What does not report for this long after its next try was due has stopped trying, as in a worker that died. */
const SILENT_MS = 300_000;
/** With more failures than this, those that are over are forgotten. */
const MAX_REMEMBERED = 1000;

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

/** How often something has failed, and what it affects. */
export interface TroubleCount {
  /** Since the last report; in all, when it is over. */
  readonly times: number;
  readonly shards: number;
  readonly sources: number;
  readonly lastedMs: number;
  /** What works again, where more than one was affected; otherwise it is what reports it. */
  readonly what?: string;
}

/** One of those that a failure affects. */
interface Hit {
  readonly source: string | undefined;
  readonly shard: number | undefined;
  readonly held: boolean;
  readonly silentFromMs: number;
}

/** A failure with one cause, and all that it affects. */
interface Running {
  readonly what: string | undefined;
  /** By what they report as: `about`. */
  readonly hits: Map<string, Hit>;
  /** All that it has affected since it began. */
  readonly shards: Set<string>;
  readonly sources: Set<string>;
  /** Whether the log says that it lasts. */
  isReported: boolean;
  text: string;
  held: boolean;
  reportedMs: number;
  beganMs: number;
  unreported: number;
  times: number;
  minuteMs: number;
  news: number;
}

/**
 * Keeps failures from filling the log. Each is reported when it begins, when it changes and when it makes a source
 * held, then once a minute with the number of times, and once when it is over. Failures with one cause are one.
 */
export class TroubleLimit {
  readonly #running = new Map<string, Running>();

  /**
   * Counts a failure.
   *
   * @returns what to report now; undefined for nothing.
   */
  trouble(trouble: Trouble, nowMs: number): TroubleCount | undefined {
    const { about, message, cause, source, shard, retryInMs } = trouble;
    const { held = false, repeatAfterMs = REPEAT_AFTER_MS } = trouble;
    const running = this.#find(cause ? `${cause.what}\n${cause.kind}` : about, cause?.what, nowMs);
    // Until it works again: other work of a held source may still fail as before.
    const isHeld = held || running.hits.get(about)?.held === true;
    const silentFromMs = nowMs + retryInMs + SILENT_MS;
    running.hits.set(about, { source, shard, held: isHeld, silentFromMs });
    if (source !== undefined) running.sources.add(source);
    if (shard !== undefined) running.shards.add(`${source}\n${shard}`);
    running.times++;
    running.unreported++;
    const anyHeld = [...running.hits.values()].some((hit) => hit.held);
    const text = cause ? "" : sameText(message);
    const isNews = !running.isReported || running.held !== anyHeld || running.text !== text;
    // Once a source is held, only reports that say so are due.
    const isDue = nowMs - running.reportedMs >= repeatAfterMs && (held || !anyHeld);
    if (!isDue && !(isNews && mayReport(running, nowMs))) return undefined;
    const count = countOf(running, running.unreported, nowMs);
    Object.assign(running, {
      isReported: true,
      text,
      held: anyHeld,
      reportedMs: nowMs,
      unreported: 0,
    });
    return count;
  }

  /**
   * Something works again.
   *
   * @returns what to report; undefined when there was no failure, or others are still affected.
   */
  recovered(about: string, nowMs: number): TroubleCount | undefined {
    return this.#over((key) => key === about, nowMs);
  }

  /** The shards of a source, or one of them, are given back: it will not be known when they would work again. */
  ended(source: string, shard: number | undefined, nowMs: number): void {
    this.#over(
      (_, hit) => hit.source === source && (shard === undefined || hit.shard === shard),
      nowMs,
    );
  }

  #find(key: string, what: string | undefined, nowMs: number): Running {
    const known = this.#running.get(key);
    if (known) {
      if (![...known.hits.values()].some(({ silentFromMs }) => silentFromMs > nowMs)) {
        begin(known, nowMs);
      }
      return known;
    }
    this.#forget(nowMs);
    const running: Running = {
      what,
      hits: new Map(),
      shards: new Set(),
      sources: new Set(),
      isReported: false,
      text: "",
      held: false,
      reportedMs: -Infinity,
      beganMs: nowMs,
      unreported: 0,
      times: 0,
      minuteMs: nowMs,
      news: 0,
    };
    this.#running.set(key, running);
    return running;
  }

  /**
   * Takes some out of all failures.
   *
   * @returns what to report of the failures that are over by this.
   */
  #over(isOver: (about: string, hit: Hit) => boolean, nowMs: number): TroubleCount | undefined {
    const ended: Running[] = [];
    for (const running of this.#running.values()) {
      const { hits } = running;
      const before = hits.size;
      for (const [about, hit] of hits) if (isOver(about, hit)) hits.delete(about);
      if (hits.size === before) continue;
      for (const [about, hit] of hits) if (hit.silentFromMs <= nowMs) hits.delete(about);
      if (hits.size > 0 || !running.isReported) continue;
      running.isReported = false;
      ended.push(running);
    }
    if (ended.length === 0) return undefined;
    const [only] = ended;
    const shards = new Set(ended.flatMap((running) => [...running.shards]));
    const sources = new Set(ended.flatMap((running) => [...running.sources]));
    const many = ended.length === 1 && (shards.size > 1 || sources.size > 1);
    return {
      times: ended.reduce((sum, { times }) => sum + times, 0),
      shards: shards.size,
      sources: sources.size,
      lastedMs: nowMs - Math.min(...ended.map(({ beganMs }) => beganMs)),
      ...(many && only!.what !== undefined && { what: only!.what }),
    };
  }

  #forget(nowMs: number): void {
    if (this.#running.size < MAX_REMEMBERED) return;
    for (const [key, { hits, reportedMs }] of this.#running) {
      if (hits.size === 0 && nowMs - reportedMs >= MINUTE_MS) this.#running.delete(key);
    }
  }
}

/** A failure that was over comes back. */
function begin(running: Running, nowMs: number): void {
  running.hits.clear();
  running.shards.clear();
  running.sources.clear();
  Object.assign(running, { isReported: false, beganMs: nowMs, times: 0 }); // what was not reported still counts
}

/** Whether news may be reported at once; if so, it is counted. */
function mayReport(running: Running, nowMs: number): boolean {
  if (nowMs - running.minuteMs >= MINUTE_MS) Object.assign(running, { minuteMs: nowMs, news: 0 });
  return running.news++ < MAX_NEWS_A_MINUTE;
}

function countOf({ shards, sources, beganMs }: Running, times: number, nowMs: number) {
  return { times, shards: shards.size, sources: sources.size, lastedMs: nowMs - beganMs };
}
