import { type AppDeps, systemDeps } from "./deps.ts";
import { type BackfillLedger, isDone, sumShards } from "../backfill/backfill_ledger.ts";
import type { BackfillJob, ShardRange } from "../backfill/backfill_plan.ts";
import { BackfillState, type ShardState } from "../backfill/backfill_state.ts";
import { BoundedPlane } from "../backfill/bounded_plane.ts";
import { BoundedPull } from "../backfill/bounded_pull.ts";
import { PullRate } from "../backfill/pull_rate.ts";
import { systemClock } from "../base/clock.ts";
import { TaskGroup } from "../base/task_group.ts";
import { UsageError } from "../base/errors.ts";
import { chosenShards } from "../checkpoint/group_view.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { ShardLease } from "../consumer/shard_lease.ts";
import { ShardTask } from "../consumer/shard_task.ts";
import { SourceProgress } from "../consumer/source_progress.ts";
import { DeadLetterFolder } from "../dead_letters/dead_letter_folder.ts";
import { LocalDataPlane } from "./local_data_plane.ts";
import { startProgramLog } from "../observe/program_log.ts";
import { makeHecToken } from "./make_hec_token.ts";
import { makeSlsCredentials } from "./sls_credentials.ts";
import { makeHecTlsFiles, makeSlsTlsFiles } from "./make_tls_files.ts";
import { Shards } from "../sls/shards.ts";
import { SlsConnections } from "./open_sls.ts";
import { retrySls } from "./sls_retry.ts";
import { tellOfSmallBatches } from "./open_hec.ts";
import { warnOfOpenWays } from "./warn_of_open_ways.ts";

/** How often progress is told. */
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
  /** Most bytes of logs a second, before compression. */
  readonly bytesPerSec: number | undefined;
}

/** What a backfill came to, its earlier starts included. */
export interface BackfillEnd {
  /** Every log of the range is delivered or parked. */
  readonly complete: boolean;
  /** It was complete before: nothing was done now. */
  readonly wasComplete: boolean;
  readonly fromSec: number;
  readonly toSec: number;
  readonly ledger: BackfillLedger;
  readonly shards: readonly ShardState[];
}

/**
 * A backfill in the real surroundings, with its own log. That goes to standard error whatever log.file
 * says: a running sls2hec may be writing, and rotating, that file.
 */
export async function runBackfill(
  config: Config,
  request: BackfillRequest,
  userAgent: string,
  stop: AbortSignal,
  onProgress: (ledger: BackfillLedger) => void,
): Promise<BackfillEnd> {
  const { level, format, maxBytes, backups } = config.log;
  const options = { level, format, maxBytes, backups, file: undefined };
  await using log = await startProgramLog(options, systemClock);
  return await backfill(config, request, systemDeps(log.telemetry, userAgent), stop, onProgress);
}

/**
 * Sends what SLS received between two times, with cursors of its own: no consumer group is touched. Goes on
 * where its state file stands. When `stop` aborts, what is in hand is delivered and the state is saved.
 * @param onProgress Told at the start and every few seconds.
 * @throws {UsageError} before anything is read, when it cannot be done as asked.
 */
export async function backfill(
  config: Config,
  request: BackfillRequest,
  deps: AppDeps,
  stop: AbortSignal,
  onProgress: (ledger: BackfillLedger) => void,
): Promise<BackfillEnd> {
  using state = await BackfillState.open(request.statePath, deps.clock);
  state.checkJob(request.job);
  using credentials = makeSlsCredentials(config.sls.credentials, deps);
  const tls = makeSlsTlsFiles(config.sls, deps);
  using slsConnections = new SlsConnections(config.sls, credentials, tls, deps);
  const wasComplete = state.content?.shards.every(isDone) ?? false;
  if (!state.content) {
    const ranges = await planRanges(request, slsConnections, deps, stop);
    state.begin(request.job, request, ranges);
  } else if (wasComplete && isRelative(request.job)) {
    throw new UsageError(
      `Cannot begin a backfill from ${request.job.from} to ${request.job.to}: state file ` +
        `${request.statePath} says that one is complete, begun when these meant other times`,
      "Give ISO 8601 times or another --state; or remove the state file",
    );
  }
  if (!wasComplete) {
    await sendShards(config, request, state, slsConnections, deps, stop, onProgress);
  }
  const { from_sec: fromSec, to_sec: toSec, shards } = state.content!;
  const ledger = sumShards(shards);
  const complete = ledger.shardsDone === ledger.shards && ledger.expired === 0;
  return { complete, wasComplete, fromSec, toSec, ledger, shards };
}

function isRelative({ from, to }: BackfillJob): boolean {
  return from.startsWith("-") || to.startsWith("-");
}

/** The shards' cursors at both times; read-only shards too. */
async function planRanges(
  { sources, job, fromSec, toSec }: BackfillRequest,
  slsConnections: SlsConnections,
  deps: AppDeps,
  stop: AbortSignal,
): Promise<ShardRange[]> {
  const ranges: ShardRange[] = [];
  for (const source of sources) {
    const { name } = source;
    const shards = new Shards(
      slsConnections.requesterOf(source),
      source.project,
      source.logstore,
    );
    const call = <T>(work: (signal: AbortSignal) => Promise<T>) =>
      retrySls(deps, { about: `${name}: find the shards` }, stop, work);
    const listed = chosenShards(name, await call((signal) => shards.list(signal)), job.shards);
    for (const { shard } of listed) {
      const cursorAt = (unixSec: number) =>
        call((signal) => shards.cursorAt(shard, { unixSec }, signal));
      ranges.push({
        source: name,
        shard,
        from: await cursorAt(fromSec),
        to: await cursorAt(toSec),
      });
    }
  }
  return ranges;
}

async function sendShards(
  config: Config,
  { sources, bytesPerSec }: BackfillRequest,
  state: BackfillState,
  slsConnections: SlsConnections,
  deps: AppDeps,
  stop: AbortSignal,
  onProgress: (ledger: BackfillLedger) => void,
): Promise<void> {
  const { clock, telemetry } = deps;
  for (const warning of config.warnings) telemetry({ type: "config_warning", ...warning });
  warnOfOpenWays(config, telemetry);
  tellOfSmallBatches(config.hec, telemetry);
  const rate = bytesPerSec === undefined ? undefined : new PullRate(bytesPerSec, clock);
  await using deadLetters = new DeadLetterFolder(deps, config.deadLetters);
  await using planes = new LocalDataPlane(config, {
    ...deps,
    slsConnections,
    hecToken: makeHecToken(config.hec.token, deps),
    hecTls: makeHecTlsFiles(config.hec, deps),
    deadLetters,
    wrapPulls: (name, pulls) =>
      new BoundedPull(pulls, (shard) => state.shard(name, shard).to, rate),
  });
  const over = new AbortController();
  await using progress = new TaskGroup(over.signal);
  progress.spawn("progress", async (signal) => {
    for (;; await clock.sleep(PROGRESS_MS, signal)) onProgress(sumShards(state.content!.shards));
  });
  try {
    await using tasks = new TaskGroup();
    for (const source of sources) {
      const { name } = source;
      const plane = new BoundedPlane(
        planes.planeOf(source),
        (shard) => state.shard(name, shard).to,
      );
      for (const item of state.content!.shards) {
        if (item.source !== name || isDone(item)) continue;
        const options = { source, name, plane, state, slsConnections };
        tasks.spawn(`${name} shard ${item.shard}`, async (failed) => {
          await sendShard(item.shard, config, options, deps, AbortSignal.any([stop, failed]));
        });
      }
    }
    await tasks.join();
  } finally {
    over.abort(new DOMException("The backfill is over", "AbortError"));
  }
  onProgress(sumShards(state.content!.shards));
}

/** One shard as the engine runs it, with the state file in the place of the group's checkpoint. */
async function sendShard(
  shard: number,
  config: Config,
  { source, name, plane, state, slsConnections }: {
    source: SourceConfig;
    name: string;
    plane: BoundedPlane;
    state: BackfillState;
    slsConnections: SlsConnections;
  },
  deps: AppDeps,
  stop: AbortSignal,
): Promise<void> {
  const { project, logstore, consumer } = source;
  const lease = new ShardLease(shard);
  const revoke = () => lease.revoke("The program stops");
  if (stop.aborted) revoke();
  stop.addEventListener("abort", revoke, { once: true });
  try {
    const shards = new Shards(slsConnections.requesterOf(source), project, logstore);
    const progress = new SourceProgress(deps, name);
    const how = await new ShardTask(
      deps,
      {
        name,
        consumer: "backfill",
        checkpointIntervalMs: consumer.checkpointIntervalMs,
        group: {
          checkpoint: () => Promise.resolve(state.shard(name, shard).reached),
          writeCheckpoint: (_consumer, shard, cursor) => {
            state.reach(name, shard, cursor);
            return Promise.resolve({ kind: "written" });
          },
        },
        ledger: {
          pageDone: () => {}, // counted with the step that covers it
          cover: (source, shard, _consumer, range) => {
            state.cover(source, shard, range);
            return Promise.resolve();
          },
        },
        shards,
        dataPlane: plane,
      },
      lease,
      {
        start: "begin", // not used: the state has a cursor for each shard
        drainTimeoutMs: () => config.drainTimeoutMs,
        lastWriteTimeoutMs: () => config.drainTimeoutMs,
        watches: [(shard) => progress.follow(shard)],
      },
    ).run();
    if (how !== "released") deps.telemetry({ type: "shard_ended", source: name, shard, how });
  } finally {
    stop.removeEventListener("abort", revoke);
  }
}
