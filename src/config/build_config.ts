import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type {
  Config,
  ConfigParts,
  ConsumerConfig,
  HecConfig,
  HecTarget,
  SlsConfig,
  SlsCredentials,
  SlsSignature,
  SourceConfig,
} from "./config.ts";
import { type ConfigWarning, configWarnings } from "./config_warnings.ts";
import { projectAddress, regionOf } from "./endpoint.ts";
import { liveSecret } from "./reloadable_secret.ts";
import type { Values } from "./schema.ts";
import type { Settings } from "./settings.ts";

/** Regions that take signature v4 alone, by the vendor's Go SDK. */
const V4_ONLY = "-acdr-ut-";

/**
 * Turns checked values into the program's own names and units.
 * @param settings What they were made of: it tells which files a secret came from.
 * @param exposures What lets others at its secrets.
 */
export function buildConfig(
  values: Values,
  settings: Settings,
  exposures: readonly ConfigWarning[],
): Config {
  const { dead_letters: deadLetters, log } = values;
  const sources = named(values.sources.map((source) => sourceConfig(source, values)));
  const config: ConfigParts = {
    sls: slsConfig(values.sls, settings),
    hec: hecConfig(values.hec, settings),
    sources: atLeastOne(sources),
    deadLetters: {
      folder: deadLetters.folder,
      maxBytes: deadLetters.max_bytes,
      guard: {
        maxRefusedPercent: deadLetters.guard.max_refused_percent,
        maxRefusedInARow: deadLetters.guard.max_refused_in_a_row,
      },
    },
    backfill: { folder: values.backfill.folder },
    ledger: { file: values.ledger.file },
    log: {
      level: log.level,
      format: log.format,
      file: log.file,
      maxBytes: log.max_bytes,
      backups: log.backups,
    },
    memoryBudgetBytes: values.memory_budget,
    workers: values.workers,
    drainTimeoutMs: values.drain_timeout,
    warnings: [...configWarnings(values, settings), ...exposures],
  };
  return freeze(config) as Config;
}

function slsConfig(sls: Values["sls"], settings: Settings): SlsConfig {
  return {
    endpoint: sls.endpoint,
    signature: signatureOf(sls),
    credentials: credentialsOf(sls.credentials, settings),
    caFile: sls.ca_file,
    proxy: sls.proxy ?? settings.proxies.get("sls")?.[sls.endpoint.scheme],
    noProxy: sls.no_proxy ?? [],
    timeoutMs: sls.timeout,
  };
}

function credentialsOf(given: Values["sls"]["credentials"], settings: Settings): SlsCredentials {
  if (given.file !== undefined) return { from: "file", file: given.file };
  if (given.ecs_ram_role !== undefined) {
    const role = given.ecs_ram_role === "auto" ? undefined : given.ecs_ram_role;
    const { url: metadataUrl, host: metadataHost } = given.ecs_metadata_url;
    return { from: "ecs_ram_role", role, metadataUrl, metadataHost };
  }
  const live = (key: string, value: string) => {
    return liveSecret(settings, ["sls", "credentials", key], value);
  };
  const { security_token: token } = given;
  return {
    from: "options",
    accessKeyId: live("access_key_id", present(given.access_key_id)),
    accessKeySecret: live("access_key_secret", present(given.access_key_secret).reveal()),
    securityToken: token && live("security_token", token.reveal()),
  };
}

function signatureOf({ signature, region: given, endpoint }: Values["sls"]): SlsSignature {
  const region = given ?? regionOf(endpoint);
  const wantsV4 = signature === "v4" ||
    (signature === "auto" && (given !== undefined || region?.includes(V4_ONLY)));
  return wantsV4 && region !== undefined ? { version: "v4", region } : { version: "v1" };
}

function sourceConfig(
  source: Values["sources"][number],
  { sls, consumer }: Values,
): UnnamedSource {
  const { project, logstore } = source;
  return {
    project,
    logstore,
    address: projectAddress(sls.endpoint, project),
    query: source.query,
    processor: source.processor,
    index: source.index,
    sourcetype: source.sourcetype,
    source: source.source ?? `sls:${project}/${logstore}`,
    host: source.host,
    expandJson: source.expand_json,
    consumer: consumerConfig(consumer, source.consumer),
  };
}

type UnnamedSource = Omit<SourceConfig, "name">;

/** Gives each source its name, which no other has. */
function named(sources: readonly UnnamedSource[]): SourceConfig[] {
  return sources.map((source) => {
    const { project, logstore, consumer } = source;
    const twins = sources.filter((other) =>
      other.project === project && other.logstore === logstore
    );
    const name = `${project}/${logstore}${twins.length > 1 ? `@${consumer.group}` : ""}`;
    return { name, ...source };
  });
}

function consumerConfig(
  shared: Values["consumer"],
  own: Values["sources"][number]["consumer"] = {},
): ConsumerConfig {
  return {
    group: present(own.group ?? shared.group),
    name: own.name ?? shared.name,
    start: own.start ?? shared.start,
    inOrder: own.in_order ?? shared.in_order,
    updateGroup: own.update_group ?? shared.update_group,
    heartbeatIntervalMs: own.heartbeat_interval ?? shared.heartbeat_interval,
    groupTimeoutMs: own.group_timeout ?? shared.group_timeout,
    fetchIntervalMs: own.fetch_interval ?? shared.fetch_interval,
    fetchCount: own.fetch_count ?? shared.fetch_count,
    checkpointIntervalMs: own.checkpoint_interval ?? shared.checkpoint_interval,
  };
}

function hecConfig(hec: Values["hec"], settings: Settings): HecConfig {
  const { ca_file: caFile, cert_file: certFile, key_file: keyFile, verify, fingerprint } = hec.tls;
  return {
    urls: atLeastOne(hecTargets(hec, settings)),
    token: liveSecret(settings, ["hec", "token"], hec.token.reveal()),
    tls: {
      verify,
      fingerprint,
      caFile,
      client: certFile && keyFile ? { certFile, keyFile } : undefined,
    },
    timeoutMs: hec.timeout,
    gzip: hec.gzip,
    eventFormat: hec.event_format,
    batch: {
      maxBytes: hec.batch.max_bytes,
      maxEvents: hec.batch.max_events,
      maxAgeMs: hec.batch.max_age,
    },
    maxConcurrentRequests: hec.max_concurrent_requests,
    ack: hec.ack,
    ackTimeoutMs: hec.ack_timeout,
    fallbackIndex: hec.fallback_index,
    oversize: hec.oversize,
    maxEventBytes: hec.max_event_bytes,
    eventId: hec.event_id,
    retire: { afterRequests: hec.retire.after_requests, afterMs: hec.retire.after },
  };
}

function hecTargets(hec: Values["hec"], settings: Settings): HecTarget[] {
  const { proxy, no_proxy: noProxy = [] } = hec;
  const proxies = settings.proxies.get("hec") ?? { https: proxy, http: proxy };
  return (hec.urls ?? [present(hec.url)]).map((url) => {
    const isDirect = bypassesProxy(noProxy, url.host, url.port);
    return { ...url, proxy: isDirect ? undefined : proxies[url.scheme] };
  });
}

/** What the cross-field checks have proven to be there. */
function present<T>(value: T | undefined): T {
  if (value === undefined) {
    throw new TypeError("Cannot build the configuration: it was not checked");
  }
  return value;
}

function atLeastOne<T>([first, ...others]: readonly T[]): [T, ...T[]] {
  return [present(first), ...others];
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
