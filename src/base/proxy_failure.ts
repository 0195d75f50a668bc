import { foreignText } from "./foreign_text.ts";
import { describeError, OperatorError } from "./errors.ts";
import type { TroubleCause } from "./telemetry.ts";

/** A proxy on the way to a server. */
export interface ProxyOnTheWay {
  /** Scheme, host and port, credentials included. */
  readonly proxyUrl: string;
  /** The option that names it: `hec.proxy` or `sls.proxy`. */
  readonly option: string;
}

/**
 * `refused`: it lets nothing through until somebody acts, as with a wrong password. `away`: it cannot be reached, or
 * breaks off.
 */
export type ProxyFailureKind = "refused" | "away";

/** It is the proxy that fails, whatever was to be reached through it. */
export class ProxyFailure extends OperatorError {
  override name = "ProxyFailure";
  readonly kind: ProxyFailureKind;
  readonly #what: string;

  constructor(
    kind: ProxyFailureKind,
    proxy: ProxyOnTheWay,
    message: string,
    hint: string,
    options?: ErrorOptions,
  ) {
    super(message, hint, options);
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

/** The proxy in `error`, or in what caused it. */
export function proxyFailureIn(error: unknown): ProxyFailure | undefined {
  let at = error;
  for (let depth = 0; at instanceof Error && depth < 8; depth++, at = at.cause) {
    if (at instanceof ProxyFailure) return at;
  }
  return undefined;
}

const NEXT_TRIES =
  "It is tried once after 1, then after 5, then every 15 minutes, and at a restart";

/** Words of `fetch` about a proxy of socks that refuses. */
const REFUSED_BY_SOCKS: readonly [words: RegExp, what: "login" | "rule"][] = [
  [/Password auth failure|No acceptable auth methods/, "login"],
  [/Connection not allowed by ruleset/, "rule"],
];
/** Words of `fetch` about what a proxy of socks cannot reach itself. */
const BEHIND_SOCKS =
  /General SOCKS server failure|Network unreachable|Host unreachable|Connection refused|TTL expired/;
/** The connection to the proxy itself, as `fetch` and `node:` say it. */
const NOT_REACHED =
  /Proxy server unreachable|client error \(Connect\): (tcp connect error|dns error)|(connect|getaddrinfo) E[A-Z]+/;
const BROKEN_OFF = /unexpected eof while tunneling|proxy tunnel ended unexpectedly/;

/**
 * Says of an error of `fetch` or `node:https` what the proxy has to do with it. Neither the proxy's reason phrase, which
 * may repeat the login, nor its login is repeated.
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
    if (what) return refused(what, "", proxy, target, error);
    const found = NOT_REACHED.test(text) ? undefined : BEHIND_SOCKS.exec(text)?.[0];
    if (found !== undefined) return cannotReach(proxy, target, found, error);
  }
  return NOT_REACHED.test(text) ? notReached(proxy, reasonIn(text), error) : error;
}

/** What the proxy's answer to CONNECT means; undefined when the tunnel is open. */
export function explainTunnel(
  status: number,
  proxy: ProxyOnTheWay,
  target: string,
): Error | undefined {
  if (status >= 200 && status < 300) return undefined;
  return tunnelRefused(status, proxy, target);
}

/**
 * The proxy in an answer to a request that went to it whole, as for http URLs: a 407 is always its own, and so is most
 * likely a 403 that is not the server's.
 * @param isServers Whether the answer is one that the server itself gives.
 * @param said What its page says, if anything.
 */
export function explainForwarded(
  status: number,
  isServers: boolean,
  said: string,
  proxy: ProxyOnTheWay,
  target: string,
): ProxyFailure | undefined {
  if (status === 407) return refused("login", " (407)", proxy, target);
  if (status !== 403 || isServers) return undefined;
  return refused("rule", ` (403${said && `, "${said}"`})`, proxy, target);
}

/** The proxy cannot be connected to. */
export function notReached(proxy: ProxyOnTheWay, why: string, cause?: unknown): ProxyFailure {
  return new ProxyFailure(
    "away",
    proxy,
    `Cannot reach ${nameOf(proxy)}: ${why}`,
    `Check ${proxy.option}, and that the proxy runs and this host may connect to it; it is tried again`,
    { cause },
  );
}

/** The proxy took the connection and ended it. */
export function brokenOff(proxy: ProxyOnTheWay, cause?: unknown): ProxyFailure {
  return new ProxyFailure(
    "away",
    proxy,
    `${sentence(nameOf(proxy))} closed the connection without an answer`,
    `Check that ${proxy.option} names the right port and scheme, and the proxy's log; it is tried again`,
    { cause },
  );
}

/** `the proxy http://proxy:3128 (hec.proxy)`: without its login. */
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
  if (status === 407 || status === 401) {
    return refused("login", ` (${status})`, proxy, target, cause);
  }
  const passes = status >= 500 || status === 408 || status === 429;
  if (!passes) return refused("rule", ` (${status} to CONNECT)`, proxy, target, cause);
  return cannotReach(proxy, target, `it answered CONNECT with ${status}`, cause);
}

function refused(
  what: "login" | "rule",
  how: string,
  proxy: ProxyOnTheWay,
  target: string,
  cause?: unknown,
): ProxyFailure {
  const name = sentence(nameOf(proxy));
  const { option } = proxy;
  if (what === "rule") {
    return new ProxyFailure(
      "refused",
      proxy,
      `${name} does not let through to ${target}${how}`,
      `Have the proxy allow ${target} for this host and login, or change ${option}. ${NEXT_TRIES}`,
      { cause },
    );
  }
  const hasLogin = new URL(proxy.proxyUrl).username !== "";
  return new ProxyFailure(
    "refused",
    proxy,
    hasLogin ? `${name} refuses the login${how}` : `${name} asks for a login${how}`,
    `Set the right user and password in ${option}. ${NEXT_TRIES}, so that no account is locked`,
    { cause },
  );
}

/** The proxy answers; it is what is behind it that fails. */
function cannotReach(
  proxy: ProxyOnTheWay,
  target: string,
  why: string,
  cause?: unknown,
): OperatorError {
  return new OperatorError(
    `${sentence(nameOf(proxy))} opens no way to ${target}: ${foreignText(why)}`,
    `Check the address, and that the proxy may and can reach it; it is tried again`,
    { cause },
  );
}

/** Why a connection was not made, without what surrounds it. */
function reasonIn(text: string): string {
  const [, words] = /(?:tcp connect error|dns error): ([^:]+(?:: [^:]+)?)$/.exec(text) ?? [];
  return foreignText(words ?? text.slice(text.lastIndexOf(": ") + 1).trim());
}

function sentence(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
