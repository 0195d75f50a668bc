const PROXY_NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Variables by which Deno's `fetch` takes a proxy of its own accord, without any permission; `NO_PROXY` would
 * also lead around the proxy of the configuration.
 */
export const PROXY_VARIABLES: readonly string[] = [
  ...PROXY_NAMES,
  ...PROXY_NAMES.map((name) => name.toLowerCase()),
];

/**
 * Takes them out of this process, its workers included, so that only what the configuration says decides which
 * way requests go. Call it before the first request.
 */
export function forgetProxyVariables(): void {
  for (const name of PROXY_VARIABLES) Deno.env.delete(name);
}

/** A variable of the environment by which the runtime does more, trusts more or tells more than is configured. */
export interface UnsafeVariable {
  readonly name: string;
  /** What it does, to follow its name: `adds authorities…`. */
  readonly effect: string;
  /** The next thing to do. */
  readonly instead: string;
}

const TRUST = "adds authorities that certificates are trusted from, or takes checks away";
const TRUST_INSTEAD = "set sls.ca_file and hec.tls.ca_file, or DENO_TLS_CA_STORE=system";
const LEAK =
  "writes what the program does, secrets included, where the configuration names nothing";
const LOG_INSTEAD = "set log.level, log.format and log.file";
const CONTROL = "changes what the runtime itself does or may do";
const CODE = "loads other native code into the process, or changes how it is loaded";
const NAMES = "changes which host a name means";
const MODULES = "changes where modules come from";
const NOTHING = "leave it out: no option takes its place";

/** Read from Deno 2.6.8 and 2.9.6 themselves; the first row that fits holds. */
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
  // Those that newer versions of Deno may have, too. What is left out here moves no limit.
  [
    /^DENO_(?!(DIR|TLS_CA_STORE|NO_UPDATE_CHECK|NO_PROMPT|NO_PACKAGE_JSON|USE_CGROUPS|JOBS|INSTALL|INSTALL_ROOT|VERSION)$)/,
    CONTROL,
    NOTHING,
  ],
];

/**
 * Names to look for where not all variables may be seen: those that an executable heeds, whatever was built into it.
 * `LD_…` works in the loader, before any program.
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
 * Finds the variables that undo limits.
 * @param names Of the variables that are set.
 * @param caStore Value of `DENO_TLS_CA_STORE`: with `system` in it the host's store is asked for, and `SSL_CERT_FILE`
 * and `SSL_CERT_DIR` say where that is.
 */
export function unsafeVariables(names: Iterable<string>, caStore = ""): UnsafeVariable[] {
  const ofSystem = caStore.split(",").includes("system");
  return [...names].sort().flatMap((name) => {
    if (ofSystem && /^SSL_CERT_(FILE|DIR)$/.test(name)) return [];
    const rule = RULES.find(([pattern]) => pattern.test(name));
    return rule ? [{ name, effect: rule[1], instead: rule[2] }] : [];
  });
}
