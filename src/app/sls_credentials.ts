import type { FileDeps } from "./deps.ts";
import { openSts } from "./open_sts.ts";
import { ReloadingFile } from "../base/reloading_file.ts";
import { Secret } from "../base/secret.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { AssumeRoleConfig, BaseCredentials, OidcConfig, SlsConfig } from "../config/config.ts";
import { checkReloaded, reloadSecret } from "../config/reloadable_secret.ts";
import {
  type Credentials,
  type CredentialsProvider,
  fixedCredentials,
} from "../sls/credentials.ts";
import { EcsMetadata } from "../sls/ecs_metadata.ts";
import { FileCredentials } from "../sls/file_credentials.ts";
import { oidcToken } from "../sls/oidc_token.ts";
import { parseCredentials } from "../sls/parse_credentials.ts";
import { RefreshedCredentials } from "../sls/refreshed_credentials.ts";

const KEPT =
  "The old credentials stay in use until they expire. Write the new ones to another file in the " +
  "same folder, then rename that file";

/**
 * The configured credentials. Dispose them at the end of the program.
 * @param tls The certificates of the connections to SLS, which those to STS use too.
 */
export function slsCredentials(
  config: SlsConfig,
  tls: TlsFiles,
  deps: FileDeps,
): CredentialsProvider & Disposable {
  const { credentials } = config;
  switch (credentials.from) {
    case "assume_role":
      return assumedRole(config, credentials, tls, deps);
    case "oidc":
      return oidcRole(config, credentials, tls, deps);
    default:
      return baseCredentials(config, credentials, deps);
  }
}

function baseCredentials(
  { path }: SlsConfig,
  config: BaseCredentials,
  deps: FileDeps,
): CredentialsProvider & Disposable {
  switch (config.from) {
    case "options":
      return endless(optionCredentials(config, path, deps));
    case "file":
      return endless(new FileCredentials(credentialsFile(config.file, path, deps), deps.clock));
    case "ecs_ram_role": {
      const { role, metadataUrl: url } = config;
      const metadata = new EcsMetadata({ role, url, clock: deps.clock, fetch });
      return new RefreshedCredentials(deps, {
        about: `${path}.credentials.ecs_ram_role`,
        fetchCredentials: (signal) => metadata.credentials(signal),
      });
    }
  }
}

/** SLS may refuse a request for another reason than its credentials, and every fetch from STS gives other ones. */
const PAUSE_AFTER_RENEWAL_MS = 5000;

function assumedRole(
  config: SlsConfig,
  role: AssumeRoleConfig,
  tls: TlsFiles,
  deps: FileDeps,
): CredentialsProvider & Disposable {
  const about = `${config.path}.credentials.assume_role`;
  const base = baseCredentials(config, role.base, deps);
  const sts = openSts(config, { sts: role.sts, role: about }, tls, deps);
  const credentials = new RefreshedCredentials(deps, {
    about,
    pauseAfterRenewalMs: PAUSE_AFTER_RENEWAL_MS,
    fetchCredentials: (signal) => sts.client.assumeRole(role, base, signal),
  });
  return disposedWith(credentials, base, sts);
}

function oidcRole(
  config: SlsConfig,
  role: OidcConfig,
  tls: TlsFiles,
  deps: FileDeps,
): CredentialsProvider & Disposable {
  const about = `${config.path}.credentials.oidc`;
  const sts = openSts(config, { sts: role.sts, role: about }, tls, deps);
  const credentials = new RefreshedCredentials(deps, {
    about,
    pauseAfterRenewalMs: PAUSE_AFTER_RENEWAL_MS,
    fetchCredentials: (signal) => {
      const token = oidcToken(role.tokenFile, deps.readTextFile);
      return sts.client.assumeRoleWithOidc(role, token, signal);
    },
  });
  return disposedWith(credentials, sts);
}

/** Disposes what a provider needs after the provider itself. */
function disposedWith(
  provider: CredentialsProvider & Disposable,
  ...needed: readonly Disposable[]
): CredentialsProvider & Disposable {
  return {
    current: (signal) => provider.current(signal),
    renew: (refused, signal) => provider.renew(refused, signal),
    [Symbol.dispose]: () => {
      for (const each of [provider, ...needed]) each[Symbol.dispose]();
    },
  };
}

/** Makes a provider disposable that has nothing to dispose. */
function endless(provider: CredentialsProvider): CredentialsProvider & Disposable {
  return {
    current: (signal) => provider.current(signal),
    renew: (refused, signal) => provider.renew(refused, signal),
    [Symbol.dispose]: () => {},
  };
}

function credentialsFile(
  file: string,
  path: string,
  deps: FileDeps,
): ReloadingFile<Credentials> {
  return new ReloadingFile(deps, {
    about: `${path}.credentials.file`,
    hint: KEPT,
    read: () => {
      try {
        return deps.readTextFile(file);
      } catch (error) {
        throw new Error(`Cannot read ${file}`, { cause: error });
      }
    },
    parse: (text) => {
      try {
        return parseCredentials(text);
      } catch (error) {
        throw new Error(`Cannot use the credentials in ${file}`, { cause: error });
      }
    },
  });
}

/** Credentials in the configuration; those from `${file:PATH}` are read again. */
function optionCredentials(
  config: Extract<BaseCredentials, { from: "options" }>,
  path: string,
  deps: FileDeps,
): CredentialsProvider {
  const { accessKeyId, accessKeySecret, securityToken } = config;
  const initial: Credentials = {
    accessKeyId: accessKeyId.value.reveal(),
    accessKeySecret: accessKeySecret.value,
    securityToken: securityToken?.value,
  };
  const options = { accessKeyId, accessKeySecret, ...(securityToken && { securityToken }) };
  if (Object.values(options).every(({ parts }) => !parts)) return fixedCredentials(initial);
  const textOf = (values: readonly string[]) => JSON.stringify(values);
  const file = new ReloadingFile<Credentials>(deps, {
    about: `${path}.credentials`,
    hint: KEPT,
    initial: {
      text: textOf(Object.values(options).map(({ value }) => value.reveal())),
      value: initial,
    },
    read: () => {
      return textOf(Object.values(options).map((live) => reloadSecret(live, deps.readTextFile)));
    },
    parse: (text) => {
      const [id = "", secret = "", token]: string[] = JSON.parse(text);
      return {
        accessKeyId: checkReloaded(`${path}.credentials.access_key_id`, "an access key id", id),
        accessKeySecret: new Secret(
          checkReloaded(`${path}.credentials.access_key_secret`, "an access key secret", secret),
        ),
        securityToken: token === undefined ? undefined : new Secret(
          checkReloaded(`${path}.credentials.security_token`, "a security token", token),
        ),
      };
    },
  });
  return new FileCredentials(file, deps.clock);
}
