import type { TelemetryEvent } from "../base/telemetry.ts";
import { sameText } from "./same_text.ts";

/** The same trouble is told at most this often, unless it says otherwise. */
const REPEAT_AFTER_MS = 60_000;
/** What begins, changes or ends is told at once, but a trouble that comes and goes no more than so often a minute. */
const NEWS_A_MINUTE = 3;
const MINUTE_MS = 60_000;
/** Who was not heard of for so long after the time of its next try does not try any more, as in a worker that died. */
const SILENT_MS = 300_000;
/** Troubles that are over are forgotten when there are more. */
const MOST_REMEMBERED = 1000;

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

/** How often a trouble has happened, and whom it hits. */
export interface TroubleCount {
  /** Since it was told last; of what is over, in all. */
  readonly times: number;
  readonly shards: number;
  readonly sources: number;
  readonly lastedMs: number;
  /** What is over, where more than one was hit; else it is what reports it. */
  readonly what?: string;
}

/** One of those that a trouble hits. */
interface Hit {
  readonly source: string | undefined;
  readonly shard: number | undefined;
  readonly held: boolean;
  readonly silentFromMs: number;
}

/** A trouble with one cause, and all that it hits. */
interface Running {
  readonly what: string | undefined;
  /** By what they report as. */
  readonly hits: Map<string, Hit>;
  /** Whom it has hit since it began. */
  readonly shards: Set<string>;
  readonly sources: Set<string>;
  /** Whether the log's last word is that it lasts. */
  told: boolean;
  text: string;
  held: boolean;
  toldMs: number;
  beganMs: number;
  untold: number;
  times: number;
  minuteMs: number;
  news: number;
}

/**
 * Keeps trouble from filling the log: told when it begins, when it changes and when a source comes to be held, then
 * once a minute with the number of times, and once when it is over. What fails for one cause is told as one.
 */
export class TroubleLimit {
  readonly #running = new Map<string, Running>();

  /** @returns what to tell of it now; undefined: nothing. */
  trouble(trouble: Trouble, nowMs: number): TroubleCount | undefined {
    const { about, message, cause, source, shard, retryInMs } = trouble;
    const { held = false, repeatAfterMs = REPEAT_AFTER_MS } = trouble;
    const running = this.#find(cause ? `${cause.what}\n${cause.kind}` : about, cause?.what, nowMs);
    // Until it works again: others of a held source may still fail as before it was held.
    const isHeld = held || running.hits.get(about)?.held === true;
    const silentFromMs = nowMs + retryInMs + SILENT_MS;
    running.hits.set(about, { source, shard, held: isHeld, silentFromMs });
    if (source !== undefined) running.sources.add(source);
    if (shard !== undefined) running.shards.add(`${source}\n${shard}`);
    running.times++;
    running.untold++;
    const anyHeld = [...running.hits.values()].some((hit) => hit.held);
    const text = cause ? "" : sameText(message);
    const isNews = !running.told || running.held !== anyHeld || running.text !== text;
    // Of what holds some, the reports of the others do not say it.
    const isDue = nowMs - running.toldMs >= repeatAfterMs && (held || !anyHeld);
    if (!isDue && !(isNews && mayTell(running, nowMs))) return undefined;
    const count = countOf(running, running.untold, nowMs);
    Object.assign(running, { told: true, text, held: anyHeld, toldMs: nowMs, untold: 0 });
    return count;
  }

  /** @returns what to tell of it; undefined when there was nothing, or others are still hit. */
  recovered(about: string, nowMs: number): TroubleCount | undefined {
    return this.#over((key) => key === about, nowMs);
  }

  /** The shards of a source, or one of them, are not worked on any more: nothing tells whether they would work. */
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
      told: false,
      text: "",
      held: false,
      toldMs: -Infinity,
      beganMs: nowMs,
      untold: 0,
      times: 0,
      minuteMs: nowMs,
      news: 0,
    };
    this.#running.set(key, running);
    return running;
  }

  /** Takes some out of all troubles. @returns what to tell of those that were told of and hit no other. */
  #over(isOver: (about: string, hit: Hit) => boolean, nowMs: number): TroubleCount | undefined {
    const ended: Running[] = [];
    for (const running of this.#running.values()) {
      const { hits } = running;
      const before = hits.size;
      for (const [about, hit] of hits) if (isOver(about, hit)) hits.delete(about);
      if (hits.size === before) continue;
      for (const [about, hit] of hits) if (hit.silentFromMs <= nowMs) hits.delete(about);
      if (hits.size > 0 || !running.told) continue;
      running.told = false;
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
    if (this.#running.size < MOST_REMEMBERED) return;
    for (const [key, { hits, toldMs }] of this.#running) {
      if (hits.size === 0 && nowMs - toldMs >= MINUTE_MS) this.#running.delete(key);
    }
  }
}

/** A trouble that was over comes back. */
function begin(running: Running, nowMs: number): void {
  running.hits.clear();
  running.shards.clear();
  running.sources.clear();
  Object.assign(running, { told: false, beganMs: nowMs, times: 0 }); // what was not told still is to be
}

/** Whether news may be told at once, which then counts. */
function mayTell(running: Running, nowMs: number): boolean {
  if (nowMs - running.minuteMs >= MINUTE_MS) Object.assign(running, { minuteMs: nowMs, news: 0 });
  return running.news++ < NEWS_A_MINUTE;
}

function countOf({ shards, sources, beganMs }: Running, times: number, nowMs: number) {
  return { times, shards: shards.size, sources: sources.size, lastedMs: nowMs - beganMs };
}
