import type { PartialOptions } from "./parse_options.ts";
import { formatPlace, type Problem } from "./problems.ts";
import { type Effective, isGiven, placeOf, type RawConfig } from "./read/raw_config.ts";
import { problemAt, problemIn } from "./schema_problems.ts";
import { formatPath, type OptionPath } from "./shown.ts";
import { regionOf } from "./types/urls.ts";
import { minMemoryBytes } from "./worker_count.ts";

type PartialSls = PartialOptions["sls"] extends ReadonlyMap<Effective, infer T> ? T : never;
type PartialHec = PartialOptions["hec"] extends ReadonlyMap<Effective, infer T> ? T : never;

/** One group of options that is checked. Paths are those within it. */
interface Checked {
  report(path: OptionPath, expected: string): void;
  given(...path: OptionPath): boolean;
}

/** Checks of several options of `sls` or of `hec` together, for each distinct group of them. */
export function serverChecks(raw: RawConfig, { file, sls, hec }: PartialOptions): Problem[] {
  const problems: Problem[] = [];
  const checked = (group: Effective): Checked => ({
    report: (path, expected) => problems.push(problemIn(raw, group, path, expected)),
    given: (...path) => isGiven(group, path),
  });
  for (const [group, options] of sls) {
    const at = checked(group);
    const projects = (file.sources ?? []).flatMap((source, index) =>
      raw.groups.bySource[index]?.sls === group && source?.project ? [source.project] : []
    );
    checkCredentials(at);
    if (!options) continue;
    checkRegion(options, at);
    checkEndpoint(options, projects, at);
  }
  for (const [group, options] of hec) {
    const at = checked(group);
    checkCertificate(at);
    if (!options) continue;
    checkHecUrls(options, at);
    checkFingerprint(options, at);
    checkMemory(options, file, at);
  }
  const workers = [...hec].map(([group, options]) =>
    options && checkWorkers(options, file, formatPath(group.group))
  ).find((expected) => expected !== undefined);
  if (workers !== undefined) problems.push(problemAt(raw, ["workers"], workers));
  problems.push(...checkSets(raw, hec));
  return problems;
}

function checkCredentials({ report, given }: Checked): void {
  const has = (key: string) => given("credentials", key);
  const pair = ["access_key_id", "access_key_secret", "security_token"].filter(has);
  const others = ["file", "ecs_ram_role", "oidc"].filter(has);
  const [first, second] = [...pair.slice(0, 1), ...others];
  if (has("oidc") && has("assume_role")) {
    report(["credentials", "assume_role"], "only one of oidc and assume_role");
  }
  if (second !== undefined) {
    report(["credentials", second], `only one of ${first} and ${second}`);
  } else if (first === undefined || pair.length > 0) {
    const what = { access_key_id: "an access key id", access_key_secret: "an access key secret" };
    for (const [key, expected] of Object.entries(what)) {
      if (!has(key)) {
        report(["credentials", key], `${expected}, or file, ecs_ram_role or oidc`);
      }
    }
  }
}

function checkRegion(sls: PartialSls, { report, given }: Checked): void {
  if (!sls.endpoint) return;
  const own = regionOf(sls.endpoint);
  if (sls.region !== undefined && own !== undefined && sls.region !== own) {
    if (sls.signature === "v1") return; // a warning: v1 contains no region
    return report(
      ["region"],
      `${own}, the region of sls.endpoint, or no region: signature v4 is valid for one region`,
    );
  }
  if (sls.signature !== "v4" || given("region") || own !== undefined) return;
  report(
    ["region"],
    "a region such as cn-hangzhou: signature v4 needs one and the endpoint contains none",
  );
}

function checkEndpoint(
  { endpoint }: PartialSls,
  projects: readonly string[],
  { report }: Checked,
): void {
  if (!endpoint || endpoint.isLiteralHost) return;
  const { host = "" } = endpoint;
  const isVendors = host.endsWith(".aliyuncs.com");
  const namesProject = isVendors
    ? /^[^.]+\.[^.]+\.(log|sls)\.aliyuncs\.com$/.test(host)
    : projects.some((project) => host.startsWith(`${project}.`));
  if (!namesProject) return;
  report(["endpoint"], "the endpoint without the project, which is added to it");
}

function checkHecUrls(hec: PartialHec, { report, given }: Checked): void {
  const [one, several] = [given("url"), given("urls")];
  if (one && several) report(["urls"], "only one of url and urls");
  if (!one && !several) report(["url"], "the collector's base URL, or urls");
  const seen = new Set<string>();
  hec.urls?.forEach((url, index) => {
    if (url && seen.has(url.base)) report(["urls", index], "each collector once");
    if (url) seen.add(url.base);
  });
}

function checkCertificate({ report, given }: Checked): void {
  const [cert, key] = [given("tls", "cert_file"), given("tls", "key_file")];
  if (cert && !key) report(["tls", "key_file"], "the private key of cert_file");
  if (key && !cert) report(["tls", "cert_file"], "the certificate that key_file belongs to");
}

function checkFingerprint(hec: PartialHec, { report }: Checked): void {
  if (hec.tls?.fingerprint === undefined) return;
  const path = ["tls", "fingerprint"];
  if (hec.tls.verify === false) report(path, "only one of fingerprint and verify: false");
  const urls = [hec.url, ...(hec.urls ?? [])];
  if (urls.some((url) => url?.scheme === "http")) {
    report(path, "only https URLs with a fingerprint");
  }
}

function checkMemory(
  hec: PartialHec,
  { memoryBudgetBytes: budget }: PartialOptions["file"],
  { report }: Checked,
): void {
  if (budget === undefined) return;
  if ((hec.batch?.maxBytes ?? 0) > budget / 4) {
    report(["batch", "max_bytes"], `at most a quarter of memory_budget: ${budget / 4}B`);
  }
  if ((hec.maxEventBytes ?? 0) > budget / 2) {
    report(["max_event_bytes"], `at most half of memory_budget: ${budget / 2}B`);
  }
}

/** Each worker gets its share of the memory and of the concurrent requests, and must be able to work with it. */
function checkWorkers(
  hec: PartialHec,
  { workers, memoryBudgetBytes }: PartialOptions["file"],
  path: string,
): string | undefined {
  if (workers === undefined || workers === "auto" || workers < 2) return undefined;
  const { batch, maxEventBytes, maxConcurrentRequests: requests } = hec;
  if (requests !== undefined && workers > requests) {
    return `at most ${path}.max_concurrent_requests: ${requests}`;
  }
  const maxBytes = batch?.maxBytes;
  if (memoryBudgetBytes === undefined || maxBytes === undefined || maxEventBytes === undefined) {
    return undefined;
  }
  const most = Math.floor(
    memoryBudgetBytes / minMemoryBytes({ batch: { maxBytes }, maxEventBytes }),
  );
  return workers <= most || most === 0
    ? undefined
    : `at most ${most}: memory_budget is divided among them, and each needs four times ` +
      `${path}.batch.max_bytes and twice ${path}.max_event_bytes`;
}

/** What belongs to a set of collectors, over all tokens. */
const OF_SET = [
  ["max_concurrent_requests", ({ maxConcurrentRequests }: PartialHec) => maxConcurrentRequests],
  ["rate", ({ rateBytesPerSec }: PartialHec) => rateBytesPerSec ?? Infinity],
  ["retire.after_requests", ({ retire }: PartialHec) => retire?.afterRequests],
  ["retire.after", ({ retire }: PartialHec) => retire?.afterMs],
] as const;

/** Sources with the same collectors must agree on what belongs to those. */
function checkSets(raw: RawConfig, hec: PartialOptions["hec"]): Problem[] {
  const first = new Map<string, Effective>();
  return [...hec].flatMap(([group, options]) => {
    const urls = (options.urls ?? [options.url]).map((url) => url?.base).sort();
    if (urls.includes(undefined)) return [];
    const before = first.get(urls.join(" "));
    if (!before) first.set(urls.join(" "), group);
    return before ? unequal(raw, hec, before, group) : [];
  });
}

function unequal(
  raw: RawConfig,
  hec: PartialOptions["hec"],
  before: Effective,
  group: Effective,
): Problem[] {
  return OF_SET.flatMap(([key, valueOf]) => {
    const [one, other] = [valueOf(hec.get(before)!), valueOf(hec.get(group)!)];
    if (one === undefined || other === undefined || one === other) return [];
    const path = key.split(".");
    // The place is that of a value which is written; what is not written is the default.
    const isWritten = isGiven(group, path);
    const [at, elsewhere] = isWritten ? [group, before] : [before, group];
    const where = elsewhere.pathOf(path);
    const value = isGiven(elsewhere, path)
      ? `as at ${formatPlace(placeOf(raw, where))}: ${formatPath(where)}`
      : `as by default for ${formatPath(elsewhere.group)}`;
    const expected = `one value for all tokens of the same collectors, ${value}`;
    return [problemIn(raw, at, path, expected)];
  });
}
