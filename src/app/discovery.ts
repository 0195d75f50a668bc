import type { AppDeps } from "./deps.ts";
import { retrySls, type Sls } from "./open_sls.ts";
import type { Sources } from "./sources.ts";
import { Backoff } from "../base/backoff.ts";
import { OperatorError, UsageError } from "../base/errors.ts";
import { Incident } from "../base/incident.ts";
import { matchesLogstore, patternSource } from "../config/pattern_sources.ts";
import type { Config, SourceConfig, SourcePattern } from "../config/config.ts";
import type { Items } from "../config/items.ts";
import { identityOf } from "../config/source_names.ts";
import { findGroup } from "../consumer/join_group.ts";
import type { Logstores } from "../sls/logstores.ts";

/** Most logstores of all patterns together: each takes connections, heartbeats and memory. */
export const MAX_DISCOVERED = 500;
const HOUR_MS = 3_600_000;
/** Logstores that are asked for their consumer groups at once. */
const ASKED_AT_ONCE = 16;
/** Lists without a logstore after which it is gone: one may be from a moment before it was there. */
const GONE_AFTER = 2;

/** A source that a pattern has found. */
interface Found {
  readonly source: SourceConfig;
  /** Lists in a row that do not have it. */
  missing: number;
}

/** What the sources of patterns are started with. */
interface DiscoveryParts {
  readonly sls: Sls;
  readonly sources: Pick<Sources, "add" | "remove">;
}

/**
 * The logstores of patterns: listed at the start and again and again. New ones are read, those that are gone are not.
 *
 * A source is started where `consumer.start` says only when no matched logstore has the consumer group, which is so when
 * the program runs for the first time. Every other source begins at the oldest log where it has no checkpoint: it is new,
 * or it was found when the program was stopped before its first checkpoint.
 */
export class Discovery {
  readonly #config: Config;
  readonly #parts: DiscoveryParts;
  readonly #deps: AppDeps;
  #count = 0;

  constructor(config: Config, parts: DiscoveryParts, deps: AppDeps) {
    this.#config = config;
    this.#parts = parts;
    this.#deps = deps;
  }

  /**
   * Lists the logstores of a pattern until `signal` aborts.
   * @throws {UsageError} when the list at the start has too many; not when the start is long ago.
   * @throws the signal's reason.
   */
  async run(pattern: SourcePattern, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const incident = new Incident(this.#deps, `${pattern.name}: list the logstores`);
    const failures = new Backoff({ baseMs: 1000, capMs: pattern.discoverIntervalMs }, this.#deps);
    const watched = new WatchedPattern(pattern, this.#parts.sls.logstoresOf(pattern));
    for (let isFirst = true, mayRefuse = true;;) {
      let waitMs = pattern.discoverIntervalMs;
      try {
        const names = await watched.list((name) => belongsTo(this.#config, pattern, name), signal);
        failures.succeeded();
        incident.recovered();
        await this.#apply(watched, names, { isFirst, mayRefuse }, signal);
        isFirst = mayRefuse = false;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof OperatorError) || error instanceof UsageError) throw error;
        mayRefuse = false; // other sources are being read by now
        waitMs = failures.failed();
        incident.failed(error, {
          hint: "The sources that are known are read on. The list is asked for again",
          retryInMs: waitMs,
        });
      }
      await clock.sleep(waitMs, signal);
    }
  }

  async #apply(
    watched: WatchedPattern,
    names: readonly string[],
    { isFirst, mayRefuse }: { readonly isFirst: boolean; readonly mayRefuse: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { pattern, found } = watched;
    if (names.length === 0 && found.size === 0) this.#reportEmpty(pattern);
    await this.#removeGone(watched, new Set(names));
    const added = names.filter((name) => !found.has(name))
      .map((name) => patternSource(pattern, name, this.#config));
    const room = MAX_DISCOVERED - this.#count;
    if (added.length > room) {
      this.#tooMany(pattern, this.#count + added.length, mayRefuse);
    }
    const taken = added.slice(0, room);
    if (taken.length === 0) return;
    let left = taken.length;
    this.#count += left; // before anything is awaited: patterns are listed side by side
    try {
      const start = isFirst ? await this.#firstStart(pattern, taken, signal) : "begin";
      for (const source of taken) {
        const started = { ...source, consumer: { ...source.consumer, start } };
        this.#parts.sources.add(started);
        left--;
        found.set(source.logstore, { source: started, missing: 0 });
        this.#deps.telemetry({
          type: "source_added",
          source: source.name,
          pattern: pattern.name,
          start: typeof start === "string" ? start : new Date(start.unixSec * 1000).toISOString(),
        });
      }
    } finally {
      this.#count -= left;
    }
  }

  async #removeGone({ pattern, found }: WatchedPattern, names: ReadonlySet<string>): Promise<void> {
    for (const [logstore, each] of found) each.missing = names.has(logstore) ? 0 : each.missing + 1;
    const gone = [...found].filter(([, { missing }]) => missing >= GONE_AFTER);
    await Promise.all(gone.map(async ([logstore, { source: { name } }]) => {
      this.#deps.telemetry({ type: "source_removed", source: name, pattern: pattern.name });
      await this.#parts.sources.remove(name);
      found.delete(logstore);
      this.#count--;
    }));
  }

  /** Where the sources of the first list start. */
  async #firstStart(
    { consumer: { start, group }, name }: SourcePattern,
    sources: readonly SourceConfig[],
    signal: AbortSignal,
  ): Promise<SourceConfig["consumer"]["start"]> {
    if (start === "begin") return start;
    const about = `${name}: look for the consumer group`;
    const hasGroup = async (source: SourceConfig) => {
      const { group: calls } = this.#parts.sls.of(source);
      try {
        return await retrySls(this.#deps, { about }, signal, async (signal) => {
          return await findGroup(calls, group, signal) !== undefined;
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof OperatorError)) throw error;
        return false; // the source itself meets it, and reports it
      }
    };
    for (let at = 0; at < sources.length; at += ASKED_AT_ONCE) {
      const some = sources.slice(at, at + ASKED_AT_ONCE);
      if ((await Promise.all(some.map(hasGroup))).includes(true)) return "begin";
    }
    return start;
  }

  #reportEmpty(pattern: SourcePattern): void {
    const { name, project, discoverIntervalMs } = pattern;
    this.#deps.telemetry({
      type: "trouble",
      about: `${name}: logstores`,
      message: `${name} matches no logstore of ${project}`,
      hint: "Check logstore and exclude of the source. The list is asked for again",
      retryInMs: discoverIntervalMs,
      repeatAfterMs: HOUR_MS,
    });
  }

  #tooMany({ name, discoverIntervalMs }: SourcePattern, total: number, mayRefuse: boolean): void {
    const message = `Patterns match ${total} logstores with those of ${name}; at most ` +
      `${MAX_DISCOVERED} are read`;
    const hint =
      "Use narrower patterns or exclude, or divide the logstores among several processes";
    if (mayRefuse) throw new UsageError(message, hint);
    this.#deps.telemetry({
      type: "trouble",
      about: `${name}: too many logstores`,
      message: `${message}; the surplus is not begun`,
      hint,
      retryInMs: discoverIntervalMs,
      repeatAfterMs: HOUR_MS,
    });
  }
}

/** Whether a logstore belongs to a pattern, and not to a source of the file or to a pattern before. */
export function belongsTo(
  { sources, patterns }: Items,
  pattern: SourcePattern,
  logstore: string,
): boolean {
  if (!matchesLogstore(pattern, logstore)) return false;
  const identity = identityOf({ ...pattern, logstore });
  if (sources.some((source) => identityOf(source) === identity)) return false;
  return patterns.find((each) =>
    matchesLogstore(each, logstore) && identityOf({ ...each, logstore }) === identity
  ) === pattern;
}

/** A pattern, its lists, and what they have found. */
class WatchedPattern {
  readonly pattern: SourcePattern;
  /** By logstore. */
  readonly found = new Map<string, Found>();
  readonly #logstores: Logstores;

  constructor(pattern: SourcePattern, logstores: Logstores) {
    this.pattern = pattern;
    this.#logstores = logstores;
  }

  /** Names of the logstores that are wanted, in the order of the alphabet. */
  async list(isWanted: (name: string) => boolean, signal: AbortSignal): Promise<string[]> {
    return (await this.#logstores.names(isWanted, signal)).sort();
  }
}
