const PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Variables from which Deno's `fetch` takes a proxy without any permission; `NO_PROXY` would also bypass the proxy of the
 * configuration.
 */
export const PROXY_VARIABLES: readonly string[] = [
  ...PROXY_NAMES,
  ...PROXY_NAMES.map((name) => name.toLowerCase()),
];

/**
 * Removes these variables from this process and its workers, so that the configuration alone decides about proxies. Call
 * it before the first request.
 */
export function forgetProxyVariables(): void {
  for (const name of PROXY_VARIABLES) Deno.env.delete(name);
}

/** An environment variable that makes the runtime do, trust or reveal more than is configured. */
interface UnsafeVariable {
  readonly name: string;
  /** What it does, to be put after its name: `adds authorities…`. */
  readonly effect: string;
  /** The next thing to do. */
  readonly instead: string;
}

const TRUST = "adds trusted certificate authorities, or switches checks off";
const TRUST_INSTEAD = "set sls.ca_file and hec.tls.ca_file, or DENO_TLS_CA_STORE=system";
const LEAK =
  "writes what the program does, including secrets, where the configuration does not say";
const LOG_INSTEAD = "set log.level, log.format and log.file";
const CONTROL = "changes what the runtime does or may do";
const CODE = "loads native code into the process, or changes how it is loaded";
const NAMES = "changes which host a name means";
const MODULES = "changes where modules are loaded from";
const NOTHING = "remove it: there is no option for it";

/** Found in Deno 2.6.8 and 2.9.6; the first row that matches applies. */
const RULES: readonly (readonly [names: RegExp, effect: string, instead: string])[] = [
  [
    /^(DENO_CERT|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|DENO_NODE_USE_OPENSSL_CA|OPENSSL_CONF)$/,
    TRUST,
    TRUST_INSTEAD,
  ],
  [/^SSL_CERT_(FILE|DIR)$/, TRUST, TRUST_INSTEAD],
  [/^NODE_TLS_REJECT_UNAUTHORIZED$/, TRUST, "set hec.tls.verify"],
  [/^SSLKEYLOGFILE$/, "writes the keys of TLS connections to a file", NOTHING],
  [
    /^(DENO_(TRACE|AUDIT)_PERMISSIONS|DENO_COVERAGE_DIR|DENO_NODE_TRACE_EVENT_CATEGORIES)$/,
    LEAK,
    LOG_INSTEAD,
  ],
  [/^(OTEL_.+|NODE_V8_COVERAGE|NODE_DEBUG(_NATIVE)?|DENO_LOG(_.+)?|RUST_LOG)$/, LEAK, LOG_INSTEAD],
  [
    /^(DENO_AUTH_TOKENS|JSR_URL|NPM_CONFIG_.+|DENO_EMIT_CACHE_MODE|DENO_CACHE_.+)$/,
    MODULES,
    NOTHING,
  ],
  [/^(LD_.+|GLIBC_TUNABLES)$/, CODE, NOTHING],
  [/^(HOSTALIASES|LOCALDOMAIN|RESOLV_HOST_CONF)$/, NAMES, NOTHING],
  [/^(NODE_OPTIONS|NODE_PATH|NODE_CHANNEL_FD|NODE_ICU_DATA|NODE_USE_ENV_PROXY)$/, CONTROL, NOTHING],
  // Also those of later versions of Deno. The exceptions are harmless.
  [
    /^DENO_(?!(DIR|TLS_CA_STORE|NO_UPDATE_CHECK|NO_PROMPT|NO_PACKAGE_JSON|USE_CGROUPS|JOBS|INSTALL|INSTALL_ROOT|VERSION)$)/,
    CONTROL,
    NOTHING,
  ],
];

/**
 * Names to look for where not all variables may be read: those that affect every executable. `LD_…` is used by the loader,
 * before any program.
 */
export const UNSAFE_VARIABLE_NAMES: readonly string[] = [
  "DENO_CERT",
  "NODE_EXTRA_CA_CERTS",
  "SSLKEYLOGFILE",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_OPTIONS",
  "NODE_DEBUG",
  "DENO_V8_FLAGS",
  "DENO_TRACE_PERMISSIONS",
  "DENO_AUDIT_PERMISSIONS",
  "DENO_PERMISSION_BROKER_PATH",
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "LD_AUDIT",
];

/**
 * Finds the unsafe variables.
 * @param names Of the variables that are set.
 * @param caStore Value of `DENO_TLS_CA_STORE`: with `system` in it the host's store is used, and `SSL_CERT_FILE` and
 * `SSL_CERT_DIR` say where that is.
 */
export function unsafeVariables(names: Iterable<string>, caStore = ""): UnsafeVariable[] {
  const ofSystem = caStore.split(",").includes("system");
  return [...names].sort().flatMap((name) => {
    if (ofSystem && /^SSL_CERT_(FILE|DIR)$/.test(name)) return [];
    const rule = RULES.find(([pattern]) => pattern.test(name));
    return rule ? [{ name, effect: rule[1], instead: rule[2] }] : [];
  });
}
