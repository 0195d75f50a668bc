import { bypassesProxy } from "../base/bypasses_proxy.ts";
import { Secret } from "../base/secret.ts";
import type {
  BaseCredentials,
  Config,
  HecConfig,
  HecTarget,
  HecTlsConfig,
  SlsConfig,
  SlsCredentials,
  SlsSignature,
} from "./config.ts";
import { buildSources } from "./build_sources.ts";
import { present, without } from "./checked_options.ts";
import type { Effective, RawConfig } from "./read/raw_config.ts";
import type { HecOptions, Options, SlsOptions } from "./parse_options.ts";
import { formatPath, type OptionPath } from "./shown.ts";
import { reloadable, type ReloadableSecret } from "./reloadable_secret.ts";
import { stsOfRegion } from "./types/sts.ts";
import { regionOf } from "./types/urls.ts";
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
  const servers = new ServerConfigs(options, raw);
  return freeze({
    ...without(options.file, "sls", "hec", "consumer", "sources"),
    ...buildSources(options.file, servers),
    warnings,
  }) as Config;
}

/** The servers of the sources: equal options make one configuration. */
class ServerConfigs {
  readonly sls: readonly SlsConfig[];
  readonly hec: readonly HecConfig[];

  constructor({ sls, hec }: Options, raw: RawConfig) {
    const ids = [new Ids(), new Ids(), new Ids()] as const;
    const slsOf = builtOnce((group: Effective) => {
      const config = slsConfig(present(sls.get(group)), group, raw);
      return { ...config, id: ids[0].of(config), path: pathOf(group, OF_SLS) };
    });
    const hecOf = builtOnce((group: Effective) => {
      const config = hecConfig(present(hec.get(group)), group, raw);
      const { urls, tls, headers, token, ack, ackTimeoutMs, timeoutMs } = config;
      const targets = urls.toSorted((a, b) => a.base < b.base ? -1 : 1);
      return {
        ...config,
        clientId: ids[1].of({ targets, tls, headers, token, ack, ackTimeoutMs, timeoutMs }),
        setId: ids[2].of(targets.map(({ base }) => base)),
        path: pathOf(group, OF_CLIENT),
      };
    });
    this.sls = raw.groups.bySource.map(({ sls }) => slsOf(sls));
    this.hec = raw.groups.bySource.map(({ hec }) => hecOf(hec));
  }
}

/** Options that messages about SLS, and about a collector, are likely to name. */
const OF_SLS = ["endpoint", "credentials", "ca_file", "proxy"];
const OF_CLIENT = ["url", "urls", "token", "tls", "headers", "proxy", "ack", "timeout"];

/** Where such options are written: in the source if any of them is, else at the top level. */
function pathOf(group: Effective, names: readonly string[]): string {
  const isOwn = names.some((name) => name in group.tree && group.pathOf([name])[0] === "sources");
  return isOwn ? formatPath(group.group) : String(group.group.at(-1));
}

/** Gives equal values, those of secrets included, the same short id. */
class Ids {
  readonly #known = new Map<string, string>();

  of(value: unknown): string {
    const text = JSON.stringify(value, function (this: Record<string, unknown>, key, part) {
      const original = this[key];
      return original instanceof Secret ? [original.username, original.reveal()] : part;
    });
    const id = this.#known.get(text) ?? String(this.#known.size + 1);
    this.#known.set(text, id);
    return id;
  }
}

function builtOnce<T extends object, R>(build: (from: T) => R): (from: T) => R {
  const built = new Map<T, R>();
  return (from) => {
    const known = built.get(from) ?? build(from);
    built.set(from, known);
    return known;
  };
}

function slsConfig(
  options: SlsOptions,
  group: Effective,
  raw: RawConfig,
): Omit<SlsConfig, "id" | "path"> {
  const { proxy, noProxy, endpoint } = options;
  return {
    ...without(options, "region", "signature", "credentials", "proxy", "noProxy"),
    signature: signatureOf(options),
    credentials: credentialsOf(options, group, raw),
    proxy: proxy ?? group.proxies?.[endpoint.scheme],
    noProxy: noProxy ?? [],
  };
}

function credentialsOf(options: SlsOptions, group: Effective, raw: RawConfig): SlsCredentials {
  const { credentials, region, endpoint } = options;
  const { assumeRole, oidc } = credentials;
  const usualSts = () => stsOfRegion(region ?? regionOf(endpoint));
  if (oidc) {
    return { from: "oidc", ...without(oidc, "stsEndpoint"), sts: oidc.stsEndpoint ?? usualSts() };
  }
  const base = baseCredentialsOf(credentials, group, raw);
  if (!assumeRole) return base;
  const sts = assumeRole.stsEndpoint ?? usualSts();
  return { from: "assume_role", base, ...without(assumeRole, "stsEndpoint"), sts };
}

function baseCredentialsOf(
  given: SlsOptions["credentials"],
  group: Effective,
  raw: RawConfig,
): BaseCredentials {
  if (given.file !== undefined) return { from: "file", file: given.file };
  if (given.ecsRamRole !== undefined) {
    const role = given.ecsRamRole === "auto" ? undefined : given.ecsRamRole;
    const { url: metadataUrl, host: metadataHost } = given.ecsMetadataUrl;
    return { from: "ecs_ram_role", role, metadataUrl, metadataHost };
  }
  const secretAt = (key: string, secret: Secret) => {
    return reloadableAt(raw, group.pathOf(["credentials", key]), secret);
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

function signatureOf({ signature, region: given, endpoint }: SlsOptions): SlsSignature {
  const region = given ?? regionOf(endpoint);
  const wantsV4 = signature === "v4" ||
    (signature === "auto" && (given !== undefined || region?.includes(V4_ONLY)));
  return wantsV4 && region !== undefined ? { version: "v4", region } : { version: "v1" };
}

function hecConfig(
  options: HecOptions,
  group: Effective,
  raw: RawConfig,
): Omit<HecConfig, "clientId" | "setId" | "path"> {
  return {
    ...without(options, "url", "urls", "token", "tls", "proxy", "noProxy"),
    urls: atLeastOne(hecTargets(options, group)),
    token: reloadableAt(raw, group.pathOf(["token"]), options.token),
    tls: hecTlsConfig(options.tls),
  };
}

function hecTargets(options: HecOptions, group: Effective): HecTarget[] {
  const { url, urls, proxy, noProxy = [] } = options;
  const proxies = group.proxies ?? { https: proxy, http: proxy };
  return (urls ?? [present(url)]).map((target) => {
    const isDirect = bypassesProxy(noProxy, target.host, target.port);
    return { ...target, proxy: isDirect ? undefined : proxies[target.scheme] };
  });
}

function hecTlsConfig(options: HecOptions["tls"]): HecTlsConfig {
  const { certFile, keyFile } = options;
  return {
    ...without(options, "certFile", "keyFile"),
    client: certFile && keyFile ? { certFile, keyFile } : undefined,
  };
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
