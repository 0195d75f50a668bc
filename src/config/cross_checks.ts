import type { ShardStart } from "../base/cursor.ts";
import { regionOf } from "./endpoint.ts";
import { type GoodParts, goodParts } from "./good_parts.ts";
import { leastMemory } from "./least_memory.ts";
import type { OptionPath } from "./option_path.ts";
import type { Problem } from "./problem.ts";
import { schema } from "./schema.ts";
import { problemAt } from "./schema_problems.ts";
import { isGiven, type Settings } from "./settings.ts";

/** The group timeout of a new consumer group when none is set. */
const DEFAULT_GROUP_TIMEOUT_MS = 60_000;

type Good = GoodParts<typeof schema>;
type Report = (path: OptionPath, expected: string, found?: string) => void;
type Given = (...path: OptionPath) => boolean;

/**
 * Checks that look at two options or more, or at the time. An option that is wrong by itself is left out.
 * @param nowMs Milliseconds since 1970; without it no time is too late.
 */
export function crossChecks(settings: Settings, nowMs?: number): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, expected, found) => {
    const problem = problemAt(settings, path, expected);
    problems.push(found === undefined ? problem : { ...problem, found });
  };
  const good = goodParts(schema, settings.tree);
  const given: Given = (...path) => isGiven(settings, path);
  checkCredentials(report, given);
  checkRegion(good, report, given);
  checkEndpoint(good, report);
  checkHecUrls(good, report, given);
  checkCertificate(report, given);
  checkFingerprint(good, report);
  checkMemory(good, report);
  checkWorkers(good, report);
  checkStart(good, report, nowMs);
  checkHeartbeats(good, report, given);
  checkGroups(good, report, given);
  checkFilters(good, report, given);
  return problems;
}

function checkCredentials(report: Report, given: Given): void {
  const has = (key: string) => given("sls", "credentials", key);
  const pair = ["access_key_id", "access_key_secret", "security_token"].filter(has);
  const [first, second] = [...pair.slice(0, 1), ...["file", "ecs_ram_role"].filter(has)];
  if (second !== undefined) {
    report(["sls", "credentials", second], `only one of ${first} and ${second}`);
  } else if (first === undefined || pair.length > 0) {
    const what = { access_key_id: "an access key id", access_key_secret: "an access key secret" };
    for (const [key, expected] of Object.entries(what)) {
      if (!has(key)) report(["sls", "credentials", key], `${expected}, or file or ecs_ram_role`);
    }
  }
}

function checkRegion({ sls }: Good, report: Report, given: Given): void {
  if (!sls?.endpoint) return;
  const own = regionOf(sls.endpoint);
  if (sls.region !== undefined && own !== undefined && sls.region !== own) {
    if (sls.signature === "v1") return; // it signs no region: a warning
    return report(
      ["sls", "region"],
      `${own}, the region of sls.endpoint, or none: signature v4 is made for a region`,
    );
  }
  if (sls.signature !== "v4" || given("sls", "region") || own !== undefined) return;
  report(
    ["sls", "region"],
    "a region such as cn-hangzhou: signature v4 needs one and the endpoint names none",
  );
}

function checkEndpoint({ sls, sources }: Good, report: Report): void {
  if (!sls?.endpoint || sls.endpoint.isLiteralHost) return;
  const { host } = sls.endpoint;
  const isVendors = host.endsWith(".aliyuncs.com");
  const namesProject = isVendors
    ? /^[^.]+\.[^.]+\.(log|sls)\.aliyuncs\.com$/.test(host)
    : sources?.some((source) => source?.project && host.startsWith(`${source.project}.`));
  if (!namesProject) return;
  report(["sls", "endpoint"], "the endpoint without the project, which is put in front of it");
}

function checkHecUrls({ hec }: Good, report: Report, given: Given): void {
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

function checkFingerprint({ hec }: Good, report: Report): void {
  if (hec?.tls?.fingerprint === undefined) return;
  const path = ["hec", "tls", "fingerprint"];
  if (hec.tls.verify === false) report(path, "only one of fingerprint and verify: false");
  const urls = [hec.url, ...(hec.urls ?? [])];
  if (urls.some((url) => url?.scheme === "http")) {
    report(path, "https URLs alone with a fingerprint");
  }
}

function checkMemory({ hec, memory_budget: budget }: Good, report: Report): void {
  if (budget === undefined) return;
  const { max_bytes: batch = 0 } = hec?.batch ?? {};
  if (batch > budget / 4) {
    report(["hec", "batch", "max_bytes"], `at most a quarter of memory_budget: ${budget / 4}B`);
  }
  if ((hec?.max_event_bytes ?? 0) > budget / 2) {
    report(["hec", "max_event_bytes"], `at most half of memory_budget: ${budget / 2}B`);
  }
}

/** Each worker gets its share of the memory and of the requests in flight, and must get on with it. */
function checkWorkers({ hec, workers, memory_budget: budget }: Good, report: Report): void {
  if (workers === undefined || workers === "auto" || workers < 2 || !hec) return;
  const { batch, max_event_bytes: maxEventBytes, max_concurrent_requests: requests } = hec;
  if (requests !== undefined && workers > requests) {
    report(["workers"], `at most hec.max_concurrent_requests: ${requests}`);
  }
  if (budget === undefined || batch?.max_bytes === undefined || maxEventBytes === undefined) return;
  const most = Math.floor(budget / leastMemory({ batchMaxBytes: batch.max_bytes, maxEventBytes }));
  if (workers > most && most > 0) {
    report(
      ["workers"],
      `at most ${most}: memory_budget is divided among them, and each needs four times ` +
        "hec.batch.max_bytes and twice hec.max_event_bytes",
    );
  }
}

/** SLS takes a time to come for the end of the shard, so that logs before it would be sent all the same. */
function checkStart({ consumer, sources }: Good, report: Report, nowMs = Infinity): void {
  check(["consumer", "start"], consumer?.start);
  sources?.forEach((source, index) => {
    check(["sources", index, "consumer", "start"], source?.consumer?.start);
  });

  function check(path: OptionPath, start?: ShardStart): void {
    if (typeof start !== "object" || start.unixSec * 1000 <= nowMs) return;
    const now = new Date(nowMs).toISOString();
    report(path, `a time that has come; here it is ${now} now. For what comes from now on: end`);
  }
}

function checkHeartbeats({ consumer, sources }: Good, report: Report, given: Given): void {
  const shared = ["consumer"];
  check(shared, consumer?.heartbeat_interval, timeoutAt(shared, consumer?.group_timeout));
  sources?.forEach((source, index) => {
    const path = ["sources", index, "consumer"];
    const [setsInterval, setsTimeout] = [
      given(...path, "heartbeat_interval"),
      given(...path, "group_timeout"),
    ];
    if (!setsInterval && !setsTimeout) return;
    const own = source?.consumer;
    const timeoutMs = setsTimeout ? own?.group_timeout : timeoutAt(shared, consumer?.group_timeout);
    check(path, setsInterval ? own?.heartbeat_interval : consumer?.heartbeat_interval, timeoutMs);
  });

  /** What is wrong by itself stays undefined: nothing can be compared with it. */
  function timeoutAt(path: OptionPath, timeoutMs: number | undefined): number | undefined {
    return given(...path, "group_timeout") ? timeoutMs : DEFAULT_GROUP_TIMEOUT_MS;
  }

  function check(path: OptionPath, intervalMs?: number, timeoutMs?: number): void {
    if (intervalMs === undefined || timeoutMs === undefined || intervalMs <= timeoutMs / 3) return;
    // What the operator wrote is where the report points: the timeout if only that was written.
    if (given(...path, "heartbeat_interval") || !given(...path, "group_timeout")) {
      const thirdMs = Math.floor(timeoutMs / 3);
      report([...path, "heartbeat_interval"], `at most a third of group_timeout: ${thirdMs}ms`);
    } else {
      const tripleMs = intervalMs * 3;
      report([...path, "group_timeout"], `at least three times heartbeat_interval: ${tripleMs}ms`);
    }
  }
}

function checkGroups({ consumer, sources }: Good, report: Report, given: Given): void {
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

function checkFilters({ sources }: Good, report: Report, given: Given): void {
  sources?.forEach((_, index) => {
    if (given("sources", index, "query") && given("sources", index, "processor")) {
      report(["sources", index, "processor"], "only one of query and processor");
    }
  });
}
