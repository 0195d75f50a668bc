import { foreignText } from "./foreign_text.ts";
import { describeError, OperatorError } from "./errors.ts";
import { capitalized } from "./format.ts";
import type { TroubleCause } from "./telemetry.ts";

/** A proxy on the way to a server. */
export interface ProxyOnTheWay {
  /** Scheme, host and port, with credentials. */
  readonly proxyUrl: string;
  /** The option that names it: `hec.proxy` or `sls.proxy`. */
  readonly option: string;
}

/** `refused`: it lets nothing through until an operator acts, as with a wrong password. `away`: it cannot be reached. */
type ProxyFailureKind = "refused" | "away";

/** What a failure says. */
interface FailureText {
  readonly message: string;
  readonly hint: string;
  readonly cause?: unknown;
}

/** It is the proxy that fails, whatever was to be reached through it. */
export class ProxyFailure extends OperatorError {
  override name = "ProxyFailure";
  readonly kind: ProxyFailureKind;
  readonly #what: string;

  constructor(
    kind: ProxyFailureKind,
    proxy: ProxyOnTheWay,
    { message, hint, cause }: FailureText,
  ) {
    super(message, hint, { cause });
    this.kind = kind;
    this.#what = nameOf(proxy);
  }

  override get troubleCause(): TroubleCause {
    return { what: this.#what, kind: this.kind };
  }

  override get isHeld(): boolean {
    return this.kind === "refused";
  }
}

/** The failure of a proxy that an error is, or was caused by. */
export function proxyFailureIn(error: unknown): ProxyFailure | undefined {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < MAX_CAUSES; depth++, at = at.cause) {
    if (at instanceof ProxyFailure) return at;
  }
  return undefined;
}

/** Causes may form a circle. */
const MAX_CAUSES = 8;

const NEXT_TRIES = "Next tries after 1 minute, after 5, then every 15 minutes, and at a restart";

/** How `fetch` says that a SOCKS proxy refuses. */
const REFUSED_BY_SOCKS: readonly [words: RegExp, what: "login" | "rule"][] = [
  [/Password auth failure|No acceptable auth methods/, "login"],
  [/Connection not allowed by ruleset/, "rule"],
];
/** How `fetch` says that a SOCKS proxy cannot reach something. */
const BEHIND_SOCKS =
  /General SOCKS server failure|Network unreachable|Host unreachable|Connection refused|TTL expired/;
/** How `fetch` and `node:https` say that the proxy itself cannot be reached. */
const NOT_REACHED =
  /Proxy server unreachable|client error \(Connect\): (tcp connect error|dns error)|(connect|getaddrinfo) E[A-Z]+/;
const BROKEN_OFF = /unexpected eof while tunneling|proxy tunnel ended unexpectedly/;

/**
 * Explains an error of `fetch` or `node:https` that the proxy may have to do with. The result contains neither the login
 * nor the proxy's reason phrase, which may repeat it.
 * @param target Host and port that were to be reached.
 * @returns a {ProxyFailure}, an error that says what the proxy cannot reach, or `error` itself.
 */
export function explainProxy(error: Error, proxy: ProxyOnTheWay, target: string): Error {
  if (error instanceof ProxyFailure) return error;
  const text = describeError(error);
  const status = /\(Connect\): proxy auth\w+ required/.test(text) ? 407 : tunnelStatus(error);
  if (status !== undefined) return tunnelRefused(status, proxy, target, error);
  if (BROKEN_OFF.test(text)) return brokenOff(proxy, error);
  if (/\(Connect\): unsuccessful tunnel/.test(text)) {
    return cannotReach(proxy, target, "it refuses the tunnel", error);
  }
  if (proxy.proxyUrl.startsWith("socks")) {
    const [, what] = REFUSED_BY_SOCKS.find(([words]) => words.test(text)) ?? [];
    if (what === "login") return loginRefused(proxy, "", error);
    if (what === "rule") return targetRefused(proxy, target, "", error);
    const found = NOT_REACHED.test(text) ? undefined : BEHIND_SOCKS.exec(text)?.[0];
    if (found !== undefined) return cannotReach(proxy, target, found, error);
  }
  return NOT_REACHED.test(text) ? notReached(proxy, reasonIn(text), error) : error;
}

/** The error that the status of an answer to CONNECT means; undefined when the tunnel is open. */
export function explainTunnel(
  status: number,
  proxy: ProxyOnTheWay,
  target: string,
): Error | undefined {
  if (status >= 200 && status < 300) return undefined;
  return tunnelRefused(status, proxy, target);
}

/** An answer to a request that a proxy got whole, as for http URLs. */
interface ForwardedAnswer {
  readonly status: number;
  /** Whether it has the form of the server's own answers. */
  readonly isServers: boolean;
  /** The title of its page; empty without one. */
  readonly title: string;
}

/** The refusal of a proxy in an answer: a 407 is always the proxy's, a 403 is unless it is the server's. */
export function explainForwarded(
  { status, isServers, title }: ForwardedAnswer,
  proxy: ProxyOnTheWay,
  target: string,
): ProxyFailure | undefined {
  if (status === 407) return loginRefused(proxy, "407");
  if (status !== 403 || isServers) return undefined;
  return targetRefused(proxy, target, `403${title && `, "${title}"`}`);
}

/** The error for a proxy that cannot be connected to. */
export function notReached(proxy: ProxyOnTheWay, why: string, cause?: unknown): ProxyFailure {
  return new ProxyFailure("away", proxy, {
    message: `Cannot reach ${nameOf(proxy)}: ${why}`,
    hint:
      `Check ${proxy.option}, and that the proxy runs and accepts connections from this host. It is retried`,
    cause,
  });
}

/** The error for a proxy that accepts a connection and closes it. */
export function brokenOff(proxy: ProxyOnTheWay, cause?: unknown): ProxyFailure {
  return new ProxyFailure("away", proxy, {
    message: `${capitalized(nameOf(proxy))} closed the connection without an answer`,
    hint: `Check the port and scheme in ${proxy.option}, and the proxy's log. It is retried`,
    cause,
  });
}

/** The proxy as messages name it, without its login: `the proxy http://proxy:3128 (hec.proxy)`. */
export function nameOf({ proxyUrl, option }: ProxyOnTheWay): string {
  const { protocol, host } = new URL(proxyUrl);
  return `the proxy ${protocol}//${host} (${option})`;
}

function tunnelStatus(error: Error): number | undefined {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  return code === "ERR_PROXY_TUNNEL" && typeof statusCode === "number" ? statusCode : undefined;
}

function tunnelRefused(
  status: number,
  proxy: ProxyOnTheWay,
  target: string,
  cause?: unknown,
): Error {
  if (status === 407 || status === 401) return loginRefused(proxy, String(status), cause);
  const passes = status >= 500 || status === 408 || status === 429;
  return passes
    ? cannotReach(proxy, target, `it answered CONNECT with ${status}`, cause)
    : targetRefused(proxy, target, `${status} to CONNECT`, cause);
}

/**
 * @param how What was answered; empty when that is not known.
 */
function loginRefused(proxy: ProxyOnTheWay, how: string, cause?: unknown): ProxyFailure {
  const hasLogin = new URL(proxy.proxyUrl).username !== "";
  const what = hasLogin ? "refuses the login" : "asks for a login";
  return new ProxyFailure("refused", proxy, {
    message: `${capitalized(nameOf(proxy))} ${what}${how && ` (${how})`}`,
    hint: `Set the right user and password in ${proxy.option}. ${NEXT_TRIES}, ` +
      "so that no account is locked",
    cause,
  });
}

/**
 * @param how As for `loginRefused`.
 */
function targetRefused(
  proxy: ProxyOnTheWay,
  target: string,
  how: string,
  cause?: unknown,
): ProxyFailure {
  return new ProxyFailure("refused", proxy, {
    message: `${capitalized(nameOf(proxy))} does not allow ${target}${how && ` (${how})`}`,
    hint: `Have the proxy allow ${target} for this host and login, or change ${proxy.option}. ` +
      NEXT_TRIES,
    cause,
  });
}

/** The error for a proxy that works, and cannot reach the target. */
function cannotReach(
  proxy: ProxyOnTheWay,
  target: string,
  why: string,
  cause?: unknown,
): OperatorError {
  return new OperatorError(
    `${capitalized(nameOf(proxy))} cannot reach ${target}: ${foreignText(why)}`,
    `Check the address, and that the proxy can and may reach it. It is retried`,
    { cause },
  );
}

/** The reason in an error of a connection, without the words around it. */
function reasonIn(text: string): string {
  const [, words] = /(?:tcp connect error|dns error): ([^:]+(?:: [^:]+)?)$/.exec(text) ?? [];
  return foreignText(words ?? text.slice(text.lastIndexOf(": ") + 1).trim());
}
