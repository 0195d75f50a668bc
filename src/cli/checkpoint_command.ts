import { systemDeps } from "../app/deps.ts";
import { systemClock } from "../base/clock.ts";
import { foreignText } from "../base/foreign_text.ts";
import { isoTime } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import { UsageError } from "../base/errors.ts";
import { viewGroup } from "../checkpoint/group_view.ts";
import { liveConsumers } from "../checkpoint/live_consumers.ts";
import { checkCursor, type Move, type MoveTarget, planMoves } from "../checkpoint/plan_moves.ts";
import type { CheckpointSource } from "../checkpoint/ports.ts";
import { reportShard, type ShardReport } from "../checkpoint/shard_report.ts";
import { Checkpoints } from "../app/checkpoints.ts";
import { textTable } from "../base/text_table.ts";
import { chooseSources, loadConfigAndGrant } from "./load.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import type { PastTime } from "./option_values.ts";
import { print, printError, printErrorLine, printJson, printLine } from "./print.ts";
import { StopSignals } from "./signals.ts";
import { reportMissing } from "./permissions.ts";
import { reportTrouble } from "./report_failure.ts";

/** Which checkpoints a command is about. */
export interface CheckpointOptions {
  readonly config?: string;
  /** `project/logstore`; all sources when left out. */
  readonly source?: string;
  readonly shards?: readonly number[];
  readonly json?: boolean;
}

/** Where to move them. */
export interface MoveOptions extends CheckpointOptions {
  readonly to?: "begin" | "end" | PastTime;
  readonly cursor?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** `checkpoint show`: each shard's checkpoint with its time and lag. */
export async function showCheckpoints(options: CheckpointOptions): Promise<ExitCode> {
  return await withSources(options, async (sources) => {
    const rows: string[][] = [];
    for (const source of sources) {
      const { shards } = await viewGroup(source, options.shards);
      for (const view of shards) {
        const report = await reportShard(source, view);
        if (options.json) printJson(jsonOf(source, report));
        else rows.push(rowOf(source, report));
      }
    }
    if (!options.json) print(textTable([HEAD, ...rows]));
    return ExitCode.ok;
  });
}

/** `checkpoint set` and `checkpoint reset`: moves checkpoints, without joining the group. */
export async function moveCheckpoints(options: MoveOptions): Promise<ExitCode> {
  const target = targetOf(options);
  return await withSources(options, async (sources) => {
    // Everything is read and checked before anything is written.
    const plans: { source: CheckpointSource; moves: Move[]; live: string[] }[] = [];
    for (const source of sources) {
      const view = await viewGroup(source, options.shards);
      const moves = await planMoves(source, view.shards, target);
      const live = liveConsumers(view, systemClock.nowMs());
      if (live.length > 0) reportLive(source, view.timeoutSec, live);
      plans.push({ source, moves, live });
    }
    const refused = !options.force && plans.some(({ live }) => live.length > 0);
    const writes = !options.dryRun && !refused;
    for (const { source, moves } of plans) {
      for (const move of moves) {
        const { shard, from, to } = move;
        if (writes && from !== to) {
          await source.call((signal) => source.group.forceCheckpoint(shard, to, signal));
        }
        reportMove(source, move, writes, options.json);
      }
    }
    if (refused) {
      printError(
        "error: Cannot move checkpoints: a consumer of the group is running and would overwrite them\n" +
          "hint: Stop the group's consumers and wait for the group's timeout, or use --force",
      );
      return ExitCode.failed;
    }
    if (!writes) printError("Dry run: nothing was written");
    return ExitCode.ok;
  });
}

async function withSources(
  options: CheckpointOptions,
  work: (sources: readonly CheckpointSource[]) => Promise<ExitCode>,
): Promise<ExitCode> {
  const loaded = loadConfigAndGrant(options.config, "checkpoint", "written");
  if (!loaded || reportMissing(loaded.grant)) return ExitCode.usage;
  const { config } = loaded;
  using stop = new StopSignals(systemClock);
  const deps = systemDeps(reportTrouble, USER_AGENT);
  const chosen = await chooseSources(config, options, deps, stop.signal);
  using checkpoints = new Checkpoints(chosen, deps, stop.signal);
  return await work(checkpoints.sources);
}

function targetOf({ to, cursor, shards }: MoveOptions): MoveTarget {
  if (cursor === undefined) {
    if (to === undefined) {
      throw new UsageError(
        "Cannot move checkpoints: no target is given",
        "Use --to begin, --to end or --to with a time; `set` also takes --cursor for one shard",
      );
    }
    return { place: typeof to === "string" ? to : { unixSec: to.unixSec } };
  }
  if (to !== undefined || shards?.length !== 1) {
    throw new UsageError(
      "Cannot use --cursor: a cursor is a position in one shard",
      "Name that shard with --shards, and leave out --to",
    );
  }
  checkCursor(cursor);
  return { cursor };
}

function reportLive(
  { name, groupName }: CheckpointSource,
  timeoutSec: number,
  live: string[],
): void {
  printErrorLine(`${name}: consumer group ${groupName} (timeout ${timeoutSec} s) is in use:`);
  for (const sign of live) printErrorLine(`  ${sign}`);
}

function reportMove(
  { name, groupName }: CheckpointSource,
  { shard, from, to }: Move,
  written: boolean,
  json = false,
): void {
  if (json) {
    printJson({ source: name, group: groupName, shard, from, to, written });
    return;
  }
  const way = from === to
    ? `is already at ${printable(to)}`
    : `from ${printable(from) || "none"} to ${printable(to)}`;
  printLine(`${name} shard ${shard}: ${way}${written || from === to ? "" : " (not written)"}`);
}

const HEAD = ["Source", "Group", "Shard", "Checkpoint", "Read up to", "Lag", "Owner", "Written"];

const PLACES: Readonly<Record<ShardReport["place"], string>> = {
  none: "none yet",
  inside: "",
  at_end: "",
  expired: "expired: SLS has deleted logs after it",
  beyond_end: "beyond the end of the shard",
  malformed: "not a cursor",
};

function rowOf({ name, groupName }: CheckpointSource, report: ShardReport): string[] {
  const { shard, readOnly, cursor, place, timeSec, lagSec, consumer, updatedMs } = report;
  const remark = PLACES[place];
  const timeText = timeSec === undefined ? "-" : isoTime(timeSec * 1000);
  return [
    name,
    groupName,
    `${shard}${readOnly ? " (read-only)" : ""}`,
    printable(cursor) || "-",
    remark === "" ? timeText : timeSec === undefined ? remark : `${timeText} (${remark})`,
    lagSec === undefined ? "-" : `${lagSec} s`,
    foreignText(consumer ?? "") || "-",
    updatedMs === 0 ? "-" : isoTime(updatedMs),
  ];
}

function jsonOf({ name, groupName }: CheckpointSource, report: ShardReport) {
  const { shard, readOnly, cursor, place, timeSec, lagSec, consumer, updatedMs } = report;
  return {
    source: name,
    group: groupName,
    shard,
    read_only: readOnly,
    checkpoint: cursor,
    place,
    time: timeSec === undefined ? null : isoTime(timeSec * 1000),
    lag_seconds: lagSec ?? null,
    consumer: consumer ?? null,
    updated: updatedMs === 0 ? null : isoTime(updatedMs),
  };
}
