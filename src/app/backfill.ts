import { type AppDeps, systemDeps } from "./deps.ts";
import { type BackfillLedger, isDone, sumShards } from "../backfill/backfill_ledger.ts";
import type { BackfillJob, ShardRange } from "../backfill/backfill_plan.ts";
import { backfillShard, type BackfillSource } from "../backfill/backfill_shard.ts";
import { BackfillState, type ShardState } from "../backfill/backfill_state.ts";
import { systemClock } from "../base/clock.ts";
import { PullRates } from "../base/pull_rates.ts";
import { TaskGroup } from "../base/task_group.ts";
import { UsageError } from "../base/errors.ts";
import { chosenShards } from "../checkpoint/group_view.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { DeadLetterFolder } from "../dead_letters/dead_letter_folder.ts";
import { LocalDataPlane } from "./local_data_plane.ts";
import { startProgramLog } from "../observe/program_log.ts";
import { openHecClients } from "./hec_clients.ts";
import { openSls, retrySls, type Sls } from "./open_sls.ts";
import { rateLimitsOf } from "./rate_limits.ts";
import { reportConfig } from "./report_config.ts";

/** How often progress is reported. */
const PROGRESS_MS = 5000;

/** What is to be sent again. */
export interface BackfillRequest {
  readonly job: BackfillJob;
  /** Receipt by SLS, in seconds since 1970; the end is exclusive. */
  readonly fromSec: number;
  readonly toSec: number;
  /** With the queries of this backfill. */
  readonly sources: readonly SourceConfig[];
  readonly statePath: string;
  /** Most bytes of logs a second, before compression; unlimited when undefined. */
  readonly bytesPerSec: number | undefined;
  /** Called at the start, every few seconds, and at the end. */
  readonly onProgress: (ledger: BackfillLedger) => void;
}

/** The result of a backfill, its earlier starts included. */
export interface BackfillEnd {
  /** Every log of the range is delivered or parked. */
  readonly complete: boolean;
  /** It was complete before: nothing was sent now. */
  readonly wasComplete: boolean;
  readonly fromSec: number;
  readonly toSec: number;
  readonly ledger: BackfillLedger;
  readonly shards: readonly ShardState[];
}

/**
 * Runs a backfill with its own log, which goes to standard error whatever `log.file` says: a running sls2hec may be
 * writing, and rotating, that file.
 */
export async function runBackfill(
  config: Config,
  request: BackfillRequest,
  userAgent: string,
  stop: AbortSignal,
): Promise<BackfillEnd> {
  const { level, format, maxBytes, backups } = config.log;
  const options = { level, format, maxBytes, backups, file: undefined };
  await using log = await startProgramLog(options, systemClock);
  return await backfill(config, request, systemDeps(log.telemetry, userAgent), stop);
}

/**
 * Sends what SLS received between two times, with its own cursors: no consumer group is touched. Continues from its
 * state file. When `stop` aborts, what was pulled is delivered and the state is saved.
 * @throws {UsageError} before anything is read, when it cannot be done as asked.
 */
export async function backfill(
  config: Config,
  request: BackfillRequest,
  deps: AppDeps,
  stop: AbortSignal,
): Promise<BackfillEnd> {
  using state = await BackfillState.open(request.statePath, deps.clock);
  state.checkJob(request.job);
  using sls = openSls(deps);
  const wasComplete = state.content?.shards.every(isDone) ?? false;
  if (!state.content) {
    state.begin(request.job, request, await planRanges(request, sls, deps, stop));
  } else if (wasComplete && isRelative(request.job)) {
    throw new UsageError(
      `Cannot begin a backfill from ${request.job.from} to ${request.job.to}: state file ` +
        `${request.statePath} says that one is complete, begun when these meant other times`,
      "Give ISO 8601 times or another --state; or remove the state file",
    );
  }
  if (!wasComplete) {
    const { bytesPerSec } = request;
    reportConfig(config, deps.telemetry);
    const rates = new PullRates(deps.clock);
    await using deadLetters = new DeadLetterFolder(deps, config.deadLetters);
    await using dataPlane = new LocalDataPlane(config, {
      env: deps,
      sls,
      hec: openHecClients(deps),
      deadLetters,
      pullRateOf: ({ name }) => rates.of(name),
    });
    for (const source of request.sources) {
      const own = rateLimitsOf(source);
      rates.add(
        source.name,
        bytesPerSec === undefined
          ? own
          : [{ key: "backfill", name: "--rate", bytesPerSec }, ...own],
      );
    }
    const sources = request.sources.map((source): BackfillSource => ({
      name: source.name,
      checkpointIntervalMs: source.consumer.checkpointIntervalMs,
      drainTimeoutMs: config.drainTimeoutMs,
      shards: sls.of(source).shards,
      dataPlane: dataPlane.add(source),
      rateWaits: () => rates.waits(source.name),
      state,
    }));
    await sendShards(sources, request, deps, stop);
  }
  const { from_sec: fromSec, to_sec: toSec, shards } = state.content!;
  const ledger = sumShards(shards);
  const complete = ledger.shardsDone === ledger.shards && ledger.expired === 0;
  return { complete, wasComplete, fromSec, toSec, ledger, shards };
}

function isRelative({ from, to }: BackfillJob): boolean {
  return from.startsWith("-") || to.startsWith("-");
}

/** Finds the shards' cursors at both times; of read-only shards too. */
async function planRanges(
  { sources, job, fromSec, toSec }: BackfillRequest,
  sls: Sls,
  deps: AppDeps,
  stop: AbortSignal,
): Promise<ShardRange[]> {
  const ranges: ShardRange[] = [];
  for (const source of sources) {
    const { name } = source;
    const { shards } = sls.of(source);
    const call = <T>(work: (signal: AbortSignal) => Promise<T>) =>
      retrySls(deps, { about: `${name}: find the shards` }, stop, work);
    const listed = chosenShards(name, await call((signal) => shards.list(signal)), job.shards);
    for (const { shard } of listed) {
      const cursorAt = (unixSec: number) =>
        call((signal) => shards.cursorAt(shard, { unixSec }, signal));
      const from = await cursorAt(fromSec);
      ranges.push({ source: name, shard, from, to: await cursorAt(toSec) });
    }
  }
  return ranges;
}

/** Sends what is left of each shard, and reports the progress from time to time. */
async function sendShards(
  sources: readonly BackfillSource[],
  { onProgress }: BackfillRequest,
  deps: AppDeps,
  stop: AbortSignal,
): Promise<void> {
  const { state } = sources[0]!;
  const ended = new AbortController();
  await using progress = new TaskGroup(ended.signal);
  progress.spawn("progress", async (signal) => {
    for (;; await deps.clock.sleep(PROGRESS_MS, signal)) {
      onProgress(sumShards(state.content!.shards));
    }
  });
  try {
    await using tasks = new TaskGroup();
    for (const source of sources) {
      for (const range of state.content!.shards) {
        if (range.source !== source.name || isDone(range)) continue;
        tasks.spawn(`${source.name} shard ${range.shard}`, async (failed) => {
          await backfillShard(deps, source, range, AbortSignal.any([stop, failed]));
        });
      }
    }
    await tasks.join();
  } finally {
    ended.abort(new DOMException("The backfill is over", "AbortError"));
  }
  onProgress(sumShards(state.content!.shards));
}
