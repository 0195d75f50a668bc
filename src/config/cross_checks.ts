import type { ShardStart } from "../base/cursor.ts";
import { NEW_GROUP_TIMEOUT_MS } from "./group_timeout.ts";
import type { Problem } from "./problems.ts";
import { isGiven, type RawConfig } from "./read/raw_config.ts";
import type { PartialOptions } from "./parse_options.ts";
import { checkEvents } from "./route_checks.ts";
import { problemAt } from "./schema_problems.ts";
import type { OptionPath } from "./shown.ts";
import { serverChecks } from "./server_checks.ts";
import {
  identityOf,
  isPattern,
  type SourceIdentity,
  sourceNames,
  targetsOf,
} from "./source_names.ts";
import { projectAddress, type SlsEndpoint } from "./types/urls.ts";

type Report = (path: OptionPath, expected: string, found?: string) => void;
type Given = (...path: OptionPath) => boolean;

/**
 * Checks of several options together, or of an option and the time.
 * @param raw As it was read.
 * @param options Its valid options: an invalid one is reported by itself, and not compared with others.
 * @param nowMs Milliseconds since 1970; without it no time is refused as being in the future.
 */
export function crossChecks(raw: RawConfig, options: PartialOptions, nowMs?: number): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, expected, found) => {
    const problem = problemAt(raw, path, expected);
    problems.push(found === undefined ? problem : { ...problem, found });
  };
  const given: Given = (...path) => isGiven(raw, path);
  problems.push(...serverChecks(raw, options));
  checkStart(options.file, report, nowMs);
  checkHeartbeats(options.file, report, given);
  checkGroups(options.file, report, given);
  checkIdentities(raw, options, report);
  checkFilters(options.file, report, given);
  checkPatterns(options.file, report, given);
  checkEvents(raw, options, report);
  return problems;
}

/** SLS reads a time in the future as the end of the shard, so logs before that time would be sent. */
function checkStart(
  { consumer, sources }: PartialOptions["file"],
  report: Report,
  nowMs = Infinity,
): void {
  check(["consumer", "start"], consumer?.start);
  sources?.forEach((source, index) => {
    check(["sources", index, "consumer", "start"], source?.consumer?.start);
  });

  function check(path: OptionPath, start?: ShardStart): void {
    if (typeof start !== "object" || start.unixSec * 1000 <= nowMs) return;
    const now = new Date(nowMs).toISOString();
    report(path, `a time in the past (now ${now}), or end to start with the logs from now on`);
  }
}

function checkHeartbeats(
  { consumer, sources }: PartialOptions["file"],
  report: Report,
  given: Given,
): void {
  const shared = ["consumer"];
  check(shared, consumer?.heartbeatIntervalMs, timeoutAt(shared, consumer?.groupTimeoutMs));
  sources?.forEach((source, index) => {
    const path = ["sources", index, "consumer"];
    const [setsInterval, setsTimeout] = [
      given(...path, "heartbeat_interval"),
      given(...path, "group_timeout"),
    ];
    if (!setsInterval && !setsTimeout) return;
    const own = source?.consumer;
    const timeoutMs = setsTimeout
      ? own?.groupTimeoutMs
      : timeoutAt(shared, consumer?.groupTimeoutMs);
    check(path, setsInterval ? own?.heartbeatIntervalMs : consumer?.heartbeatIntervalMs, timeoutMs);
  });

  /** An invalid value stays undefined: nothing can be compared with it. */
  function timeoutAt(path: OptionPath, timeoutMs: number | undefined): number | undefined {
    return given(...path, "group_timeout") ? timeoutMs : NEW_GROUP_TIMEOUT_MS;
  }

  function check(path: OptionPath, intervalMs?: number, timeoutMs?: number): void {
    if (intervalMs === undefined || timeoutMs === undefined || intervalMs <= timeoutMs / 3) return;
    // Report the option that the operator wrote: the timeout if only that is given.
    if (given(...path, "heartbeat_interval") || !given(...path, "group_timeout")) {
      const thirdMs = Math.floor(timeoutMs / 3);
      report([...path, "heartbeat_interval"], `at most a third of group_timeout: ${thirdMs}ms`);
    } else {
      const tripleMs = intervalMs * 3;
      report([...path, "group_timeout"], `at least three times heartbeat_interval: ${tripleMs}ms`);
    }
  }
}

function checkGroups(
  { consumer, sources }: PartialOptions["file"],
  report: Report,
  given: Given,
): void {
  const hasOwn = sources?.map((_, index) => given("sources", index, "consumer", "group")) ?? [];
  if (consumer && !given("consumer", "group")) {
    if (!hasOwn.includes(true)) report(["consumer", "group"], "a consumer group");
    else {
      hasOwn.forEach((has, index) => {
        if (!has) report(["sources", index, "consumer", "group"], "a consumer group");
      });
    }
  }
}

/** No two sources may read the same for the same group, or have the same name. */
function checkIdentities(raw: RawConfig, { file, sls }: PartialOptions, report: Report): void {
  const { consumer, sources } = file;
  const seen = new Map<string, number>();
  const known = sources?.flatMap((source, index): Known[] => {
    const group = source?.consumer?.group ?? consumer?.group;
    const effective = raw.groups.bySource[index]?.sls;
    const endpoint = effective && sls.get(effective)?.endpoint;
    if (!source?.project || !source.logstore || group === undefined || !endpoint) {
      return [{ index, source: undefined }];
    }
    const { name, project, logstore } = source;
    const address = projectAddress(endpoint as SlsEndpoint, project);
    return targetsOf(logstore, name).map((target) => ({
      index,
      source: { ...target, project, address, consumer: { group } },
    }));
  }) ?? [];
  known.forEach(({ source, index }) => {
    if (!source) return;
    const key = identityOf(source);
    const before = seen.get(key);
    if (before === undefined) seen.set(key, index);
    else {
      const { project, logstore, consumer } = source;
      report(
        ["sources", index],
        "each project, logstore and consumer group once",
        `${project}/${logstore} with group ${consumer.group}, as in sources[${before}]`,
      );
    }
  });
  if (seen.size < known.length) return; // compare names when no source is there twice
  const names = sourceNames(known.map(({ source }) => source!));
  names.forEach((name, at) => {
    const before = names.indexOf(name);
    if (before === at) return;
    const both = [known[before]!, known[at]!] as const;
    // The one that is written is to be changed.
    const [wrong, other] = both[1].source?.name === "" ? both : both.toReversed();
    report(
      ["sources", wrong!.index, "name"],
      `a name that no other source has; sources[${other!.index}] has it`,
    );
  });
}

/** A source that can be compared with others, and its item; undefined where an option for that is missing or wrong. */
interface Known {
  readonly index: number;
  readonly source: SourceIdentity | undefined;
}

/** Options that have a meaning for a pattern alone. */
function checkPatterns({ sources }: PartialOptions["file"], report: Report, given: Given): void {
  sources?.forEach((source, index) => {
    if (!source?.logstore || isPattern(source.logstore)) return;
    for (const key of ["exclude", "discover_interval"]) {
      if (!given("sources", index, key)) continue;
      report(
        ["sources", index, key],
        "this key only beside a logstore with * or ?, such as audit-*",
      );
    }
  });
}

function checkFilters({ sources }: PartialOptions["file"], report: Report, given: Given): void {
  sources?.forEach((_, index) => {
    if (given("sources", index, "query") && given("sources", index, "processor")) {
      report(["sources", index, "processor"], "only one of query and processor");
    }
  });
}
