import { createHash } from "node:crypto";
import { type BackfillEnd, type BackfillRequest, runBackfill } from "../app/backfill.ts";
import { type BackfillLedger, isDone } from "../backfill/backfill_ledger.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { countText, hmsText, isoTime } from "../base/format.ts";
import { UsageError } from "../base/errors.ts";
import { systemDeps } from "../app/deps.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { folderOf } from "../base/durable_file.ts";
import { checkPath } from "../base/usable_path.ts";
import { textTable } from "../base/text_table.ts";
import { chooseSources, loadConfigAndGrant } from "./load.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import type { PastTime } from "./option_values.ts";
import { print, printError, printErrorLine, printJson } from "./print.ts";
import { StopSignals } from "./signals.ts";
import { reportMissing } from "./permissions.ts";
import { reportTrouble } from "./report_failure.ts";

/** What to send again, and how. */
export interface BackfillOptions {
  readonly config?: string;
  readonly from: PastTime;
  readonly to: PastTime;
  /** `project/logstore`; all sources when left out. */
  readonly source?: string;
  readonly shards?: readonly number[];
  /** In place of the source's own query or processor. */
  readonly query?: string;
  /** Bytes of logs a second. */
  readonly rate?: number;
  readonly state?: string;
  readonly json: boolean;
}

/** `sls2hec backfill`: sends what SLS received between two times, and reports the result. */
export async function backfillCommand(options: BackfillOptions): Promise<ExitCode> {
  const loaded = loadConfigAndGrant(options.config, "backfill", "written");
  if (!loaded) return ExitCode.usage;
  const { config, grant } = loaded;
  checkRange(options);
  // Logstores of patterns are listed before the state file is known.
  if (config.patterns.length > 0 && reportMissing(grant)) return ExitCode.usage;
  using stop = new StopSignals(systemClock);
  const deps = systemDeps(reportTrouble, USER_AGENT);
  const sources = await chooseSources(config, options, deps, stop.signal);
  const progress = new ProgressLine(systemClock);
  const request = requestOf(
    config,
    sources,
    options,
    (ledger) => printError(progress.next(ledger)),
  );
  const folder = folderOf(request.statePath);
  const stateNeeds = (["read", "write"] as const).map((permission) => {
    return { permission, value: folder, reason: "the state file" };
  });
  if (reportMissing({ ...grant, why: [...grant.why, ...stateNeeds] })) return ExitCode.usage;
  printErrorLine(`State file: ${request.statePath}`);
  try {
    const end = await runBackfill(config, request, USER_AGENT, stop.signal);
    report(end, options.json, progress.seconds);
    return end.complete ? ExitCode.ok : ExitCode.failed;
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    printError("Stopped before anything was read");
    return ExitCode.failed;
  }
}

/**
 * @throws {UsageError} when the range ends before it begins.
 */
function checkRange({ from, to }: BackfillOptions): void {
  if (from.unixSec >= to.unixSec) {
    throw new UsageError(
      `Cannot backfill from ${from.text} to ${to.text}: --from must be earlier than --to`,
      "Swap or change the times; the range includes --from and excludes --to",
    );
  }
}

function requestOf(
  config: Config,
  chosen: readonly SourceConfig[],
  { from, to, shards, query, rate, state }: BackfillOptions,
  onProgress: BackfillRequest["onProgress"],
): BackfillRequest {
  const sources = query === undefined
    ? chosen
    : chosen.map((source) => ({ ...source, query, processor: undefined }));
  const job = {
    endpoint: endpointsOf(sources),
    from: from.text,
    to: to.text,
    shards,
    sources: sources.map((source) => {
      return { name: source.name, query: source.query, processor: source.processor };
    }),
  };
  const id = createHash("sha256").update(JSON.stringify(job)).digest("hex").slice(0, 12);
  return {
    job,
    fromSec: from.unixSec,
    toSec: to.unixSec,
    sources,
    statePath: (state && checkPath("--state", state)) ?? `${config.backfill.folder}/${id}.json`,
    bytesPerSec: rate,
    onProgress,
  };
}

/** The endpoints of sources, each once. */
function endpointsOf(sources: readonly SourceConfig[]): string {
  const urls = sources.map(({ sls: { endpoint: { scheme, host, port } } }) => {
    return `${scheme}://${host}:${port}`;
  });
  return [...new Set(urls)].join(" ");
}

/** Describes progress and the time left, from one report to the next. */
class ProgressLine {
  readonly #clock: Clock;
  readonly #startMs: number;
  #first: BackfillLedger | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.monotonicMs();
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (this.#clock.monotonicMs() - this.#startMs) / 1000;
  }

  next(now: BackfillLedger): string {
    const first = this.#first ??= now;
    const speed = (now.rawBytes - first.rawBytes) / Math.max(0.001, this.seconds);
    const parts = [
      `${now.shardsDone} of ${now.shards} shards done`,
      `${now.delivered} delivered`,
      ...(now.parked > 0 ? [`${now.parked} parked`] : []),
      `${(speed / 1e6).toFixed(1)} MB/s`,
    ];
    if (now.groups === undefined || now.groupsDone === undefined) return parts.join(", ");
    const percent = now.groups === 0 ? 100 : now.groupsDone / now.groups * 100;
    const read = now.groupsDone - (first.groupsDone ?? 0);
    const left = now.groups - now.groupsDone;
    const time = left === 0
      ? "nothing left"
      : read === 0
      ? "time left not known yet"
      : `${hmsText(this.seconds * left / read)} left`;
    return [`${percent.toFixed(1)} %`, ...parts, time].join(", ");
  }
}

function report(end: BackfillEnd, json: boolean, seconds: number): void {
  const { complete, wasComplete, fromSec, toSec, ledger, shards } = end;
  const { fetched, delivered, filtered, parked, resends, expired, rawBytes } = ledger;
  const [from, to] = [isoTime(fromSec * 1000), isoTime(toSec * 1000)];
  if (wasComplete) printError("Already complete: nothing was sent");
  if (json) {
    printJson({
      complete,
      from,
      to,
      fetched,
      delivered,
      filtered,
      parked,
      expired_ranges: expired,
      resends,
      raw_bytes: rawBytes,
      seconds: Math.round(seconds * 100) / 100,
      shards,
    });
    return;
  }
  const head = ["Source", "Shard", "Fetched", "Delivered", "Filtered", "Parked", "State"];
  const rows = shards.map((shard) => [
    shard.source,
    ...[shard.shard, shard.fetched, shard.delivered, shard.filtered, shard.parked].map(String),
    shard.expired.length > 0
      ? `${countText(shard.expired.length, "range")} had expired`
      : isDone(shard)
      ? "done"
      : "not done",
  ]);
  print(textTable([head, ...rows]));
  print(
    `Received from ${from} to ${to}: fetched ${fetched} = delivered ${delivered} + filtered ` +
      `${filtered} + parked ${parked}`,
  );
  print(
    complete
      ? "Complete: every log of the range is delivered or parked"
      : expired > 0
      ? "Not complete: logs had expired before they could be read"
      : "Not complete: run the same command again to continue",
  );
}
