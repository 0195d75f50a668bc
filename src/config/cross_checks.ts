import type { ShardStart } from "../base/cursor.ts";
import { NEW_GROUP_TIMEOUT_MS } from "./group_timeout.ts";
import type { Problem } from "./problems.ts";
import { isGiven, type RawConfig } from "./read/raw_config.ts";
import type { PartialOptions } from "./schema/schema.ts";
import { problemAt } from "./schema_problems.ts";
import type { OptionPath } from "./shown.ts";
import { regionOf } from "./types/urls.ts";
import { minMemoryBytes } from "./worker_count.ts";

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
  checkCredentials(report, given);
  checkRegion(options, report, given);
  checkEndpoint(options, report);
  checkHecUrls(options, report, given);
  checkCertificate(report, given);
  checkFingerprint(options, report);
  checkMemory(options, report);
  checkWorkers(options, report);
  checkStart(options, report, nowMs);
  checkHeartbeats(options, report, given);
  checkGroups(options, report, given);
  checkFilters(options, report, given);
  return problems;
}

function checkCredentials(report: Report, given: Given): void {
  const has = (key: string) => given("sls", "credentials", key);
  const pair = ["access_key_id", "access_key_secret", "security_token"].filter(has);
  const others = ["file", "ecs_ram_role", "oidc"].filter(has);
  const [first, second] = [...pair.slice(0, 1), ...others];
  if (has("oidc") && has("assume_role")) {
    report(["sls", "credentials", "assume_role"], "only one of oidc and assume_role");
  }
  if (second !== undefined) {
    report(["sls", "credentials", second], `only one of ${first} and ${second}`);
  } else if (first === undefined || pair.length > 0) {
    const what = { access_key_id: "an access key id", access_key_secret: "an access key secret" };
    for (const [key, expected] of Object.entries(what)) {
      if (!has(key)) {
        report(["sls", "credentials", key], `${expected}, or file, ecs_ram_role or oidc`);
      }
    }
  }
}

function checkRegion({ sls }: PartialOptions, report: Report, given: Given): void {
  if (!sls?.endpoint) return;
  const own = regionOf(sls.endpoint);
  if (sls.region !== undefined && own !== undefined && sls.region !== own) {
    if (sls.signature === "v1") return; // a warning: v1 contains no region
    return report(
      ["sls", "region"],
      `${own}, the region of sls.endpoint, or no region: signature v4 is valid for one region`,
    );
  }
  if (sls.signature !== "v4" || given("sls", "region") || own !== undefined) return;
  report(
    ["sls", "region"],
    "a region such as cn-hangzhou: signature v4 needs one and the endpoint contains none",
  );
}

function checkEndpoint({ sls, sources }: PartialOptions, report: Report): void {
  if (!sls?.endpoint || sls.endpoint.isLiteralHost) return;
  const { host } = sls.endpoint;
  const isVendors = host.endsWith(".aliyuncs.com");
  const namesProject = isVendors
    ? /^[^.]+\.[^.]+\.(log|sls)\.aliyuncs\.com$/.test(host)
    : sources?.some((source) => source?.project && host.startsWith(`${source.project}.`));
  if (!namesProject) return;
  report(["sls", "endpoint"], "the endpoint without the project, which is added to it");
}

function checkHecUrls({ hec }: PartialOptions, report: Report, given: Given): void {
  if (!hec) return;
  const [one, several] = [given("hec", "url"), given("hec", "urls")];
  if (one && several) report(["hec", "urls"], "only one of url and urls");
  if (!one && !several) report(["hec", "url"], "the collector's base URL, or urls");
  const seen = new Set<string>();
  hec.urls?.forEach((url, index) => {
    if (url && seen.has(url.base)) report(["hec", "urls", index], "each collector once");
    if (url) seen.add(url.base);
  });
}

function checkCertificate(report: Report, given: Given): void {
  const [cert, key] = [given("hec", "tls", "cert_file"), given("hec", "tls", "key_file")];
  if (cert && !key) report(["hec", "tls", "key_file"], "the private key of cert_file");
  if (key && !cert) report(["hec", "tls", "cert_file"], "the certificate that key_file belongs to");
}

function checkFingerprint({ hec }: PartialOptions, report: Report): void {
  if (hec?.tls?.fingerprint === undefined) return;
  const path = ["hec", "tls", "fingerprint"];
  if (hec.tls.verify === false) report(path, "only one of fingerprint and verify: false");
  const urls = [hec.url, ...(hec.urls ?? [])];
  if (urls.some((url) => url?.scheme === "http")) {
    report(path, "only https URLs with a fingerprint");
  }
}

function checkMemory({ hec, memoryBudgetBytes: budget }: PartialOptions, report: Report): void {
  if (budget === undefined) return;
  if ((hec?.batch?.maxBytes ?? 0) > budget / 4) {
    report(["hec", "batch", "max_bytes"], `at most a quarter of memory_budget: ${budget / 4}B`);
  }
  if ((hec?.maxEventBytes ?? 0) > budget / 2) {
    report(["hec", "max_event_bytes"], `at most half of memory_budget: ${budget / 2}B`);
  }
}

/** Each worker gets its share of the memory and of the concurrent requests, and must be able to work with it. */
function checkWorkers(options: PartialOptions, report: Report): void {
  const { hec, workers, memoryBudgetBytes } = options;
  if (workers === undefined || workers === "auto" || workers < 2 || !hec) return;
  const { batch, maxEventBytes, maxConcurrentRequests: requests } = hec;
  if (requests !== undefined && workers > requests) {
    report(["workers"], `at most hec.max_concurrent_requests: ${requests}`);
  }
  const maxBytes = batch?.maxBytes;
  if (memoryBudgetBytes === undefined || maxBytes === undefined || maxEventBytes === undefined) {
    return;
  }
  const most = Math.floor(
    memoryBudgetBytes / minMemoryBytes({ batch: { maxBytes }, maxEventBytes }),
  );
  if (workers > most && most > 0) {
    report(
      ["workers"],
      `at most ${most}: memory_budget is divided among them, and each needs four times ` +
        "hec.batch.max_bytes and twice hec.max_event_bytes",
    );
  }
}

/** SLS reads a time in the future as the end of the shard, so logs before that time would be sent. */
function checkStart({ consumer, sources }: PartialOptions, report: Report, nowMs = Infinity): void {
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
  { consumer, sources }: PartialOptions,
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

function checkGroups({ consumer, sources }: PartialOptions, report: Report, given: Given): void {
  const hasOwn = sources?.map((_, index) => given("sources", index, "consumer", "group")) ?? [];
  if (consumer && !given("consumer", "group")) {
    if (!hasOwn.includes(true)) report(["consumer", "group"], "a consumer group");
    else {
      hasOwn.forEach((has, index) => {
        if (!has) report(["sources", index, "consumer", "group"], "a consumer group");
      });
    }
  }
  const seen = new Map<string, number>();
  sources?.forEach((source, index) => {
    const group = source?.consumer?.group ?? consumer?.group;
    if (!source?.project || !source.logstore || group === undefined) return;
    // The vendor's Java SDK compares group names without regard to case.
    const key = `${source.project}/${source.logstore}/${group.toLowerCase()}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, index);
    else {
      report(
        ["sources", index],
        "each project, logstore and consumer group once",
        `${source.project}/${source.logstore} with group ${group}, as in sources[${before}]`,
      );
    }
  });
}

function checkFilters({ sources }: PartialOptions, report: Report, given: Given): void {
  sources?.forEach((_, index) => {
    if (given("sources", index, "query") && given("sources", index, "processor")) {
      report(["sources", index, "processor"], "only one of query and processor");
    }
  });
}
