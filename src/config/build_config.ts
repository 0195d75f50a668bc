import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { Secret } from "../base/secret.ts";
import type {
  BaseCredentials,
  Config,
  HecConfig,
  HecTarget,
  HecTlsConfig,
  SlsConfig,
  SlsCredentials,
  SlsSignature,
  SourceConfig,
} from "./config.ts";
import type { EventValues } from "./event_values.ts";
import type { RawConfig } from "./read/raw_config.ts";
import { overlaid } from "./schema/names.ts";
import type { Options } from "./schema/schema.ts";
import { consumerOptions } from "./schema/sources.ts";
import { formatPath, type OptionPath } from "./shown.ts";
import { reloadable, type ReloadableSecret } from "./reloadable_secret.ts";
import { stsOfRegion } from "./types/sts.ts";
import { projectAddress, regionOf } from "./types/urls.ts";
import type { ConfigWarning } from "./warnings.ts";

/** Regions that accept signature v4 only, by the vendor's Go SDK. */
const V4_ONLY = "-acdr-ut-";

/**
 * Builds the configuration from checked options: computes what depends on several of them or on where they came from.
 * @param options Valid, each alone and all together.
 * @param raw As they were read.
 * @param warnings About them.
 */
export function buildConfig(
  options: Options,
  raw: RawConfig,
  warnings: readonly ConfigWarning[],
): Config {
  const [sls, hec] = [slsConfig(options.sls, raw), hecConfig(options.hec, raw)];
  return freeze({
    ...without(options, "sls", "hec", "consumer", "sources"),
    sls,
    hec,
    sources: sourceConfigs(options, sls, hec),
    patterns: [] as Config["patterns"],
    warnings,
  }) as Config;
}

function slsConfig(options: Options["sls"], raw: RawConfig): SlsConfig {
  const { proxy, noProxy, endpoint } = options;
  return {
    ...without(options, "region", "signature", "credentials", "proxy", "noProxy"),
    id: "1",
    path: "sls",
    signature: signatureOf(options),
    credentials: credentialsOf(options, raw),
    proxy: proxy ?? raw.proxies.get("sls")?.[endpoint.scheme],
    noProxy: noProxy ?? [],
  };
}

function credentialsOf(options: Options["sls"], raw: RawConfig): SlsCredentials {
  const { credentials, region, endpoint } = options;
  const { assumeRole, oidc } = credentials;
  const usualSts = () => stsOfRegion(region ?? regionOf(endpoint));
  if (oidc) {
    return { from: "oidc", ...without(oidc, "stsEndpoint"), sts: oidc.stsEndpoint ?? usualSts() };
  }
  const base = baseCredentialsOf(credentials, raw);
  if (!assumeRole) return base;
  const sts = assumeRole.stsEndpoint ?? usualSts();
  return { from: "assume_role", base, ...without(assumeRole, "stsEndpoint"), sts };
}

function baseCredentialsOf(
  given: Options["sls"]["credentials"],
  raw: RawConfig,
): BaseCredentials {
  if (given.file !== undefined) return { from: "file", file: given.file };
  if (given.ecsRamRole !== undefined) {
    const role = given.ecsRamRole === "auto" ? undefined : given.ecsRamRole;
    const { url: metadataUrl, host: metadataHost } = given.ecsMetadataUrl;
    return { from: "ecs_ram_role", role, metadataUrl, metadataHost };
  }
  const secretAt = (key: string, secret: Secret) => {
    return reloadableAt(raw, ["sls", "credentials", key], secret);
  };
  const { accessKeyId, accessKeySecret, securityToken } = given;
  return {
    from: "options",
    accessKeyId: secretAt("access_key_id", present(accessKeyId)),
    accessKeySecret: secretAt("access_key_secret", present(accessKeySecret)),
    securityToken: securityToken && secretAt("security_token", securityToken),
  };
}

function reloadableAt(raw: RawConfig, path: OptionPath, secret: Secret): ReloadableSecret {
  return reloadable(secret, raw.origins.get(formatPath(path))?.parts);
}

function signatureOf({ signature, region: given, endpoint }: Options["sls"]): SlsSignature {
  const region = given ?? regionOf(endpoint);
  const wantsV4 = signature === "v4" ||
    (signature === "auto" && (given !== undefined || region?.includes(V4_ONLY)));
  return wantsV4 && region !== undefined ? { version: "v4", region } : { version: "v1" };
}

function sourceConfigs(
  { consumer: shared, sources }: Options,
  sls: SlsConfig,
  hec: HecConfig,
): Config["sources"] {
  const configs = sources.map((options): SourceConfig => {
    const { project, logstore, source } = options;
    const consumer = overlaid(consumerOptions, shared, options.consumer);
    const group = present(consumer.group);
    const isTwin = sources.filter((other) =>
      other.project === project && other.logstore === logstore
    ).length > 1;
    return {
      ...without(options, "source", "consumer"),
      name: `${project}/${logstore}${isTwin ? `@${group}` : ""}`,
      address: projectAddress(sls.endpoint, project),
      sls,
      hec,
      source: source ?? `sls:${project}/${logstore}`,
      consumer: { ...consumer, group },
      events: eventValues(options),
      routes: [],
      rateBytesPerSec: undefined,
    };
  });
  return atLeastOne(configs);
}

function eventValues(
  { project, logstore, host, source, sourcetype, index, expandJson }: Options["sources"][number],
): EventValues {
  const fixed = (text: string | undefined) => text === undefined ? undefined : [text];
  return {
    host: fixed(host) ?? [{ of: "source" }],
    source: [source ?? `sls:${project}/${logstore}`],
    sourcetype: fixed(sourcetype),
    index: fixed(index),
    fields: {},
    expandJson: Object.fromEntries(expandJson),
  };
}

function hecConfig(options: Options["hec"], raw: RawConfig): HecConfig {
  return {
    ...without(options, "url", "urls", "token", "tls", "proxy", "noProxy"),
    clientId: "1",
    setId: "1",
    path: "hec",
    urls: atLeastOne(hecTargets(options, raw)),
    token: reloadableAt(raw, ["hec", "token"], options.token),
    tls: hecTlsConfig(options.tls),
    headers: {},
    rateBytesPerSec: undefined,
  };
}

function hecTargets(options: Options["hec"], raw: RawConfig): HecTarget[] {
  const { url, urls, proxy, noProxy = [] } = options;
  const proxies = raw.proxies.get("hec") ?? { https: proxy, http: proxy };
  return (urls ?? [present(url)]).map((target) => {
    const isDirect = bypassesProxy(noProxy, target.host, target.port);
    return { ...target, proxy: isDirect ? undefined : proxies[target.scheme] };
  });
}

function hecTlsConfig(options: Options["hec"]["tls"]): HecTlsConfig {
  const { certFile, keyFile } = options;
  return {
    ...without(options, "certFile", "keyFile"),
    client: certFile && keyFile ? { certFile, keyFile } : undefined,
  };
}

/** Options as declared, but those that are computed or not needed any more. */
function without<T extends object, K extends keyof T>(options: T, ...names: K[]): Omit<T, K> {
  const entries = Object.entries(options).filter(([name]) => !names.includes(name as K));
  return Object.fromEntries(entries) as Omit<T, K>;
}

/** What the cross checks have ensured. */
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
