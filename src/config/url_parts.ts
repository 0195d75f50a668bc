import { LEFT_OUT, looksSecret, showValue } from "./shown_value.ts";

/** Scheme, host and port of a URL, as a socket needs them. */
export interface UrlParts {
  readonly scheme: string;
  /**
   * Lower case, an IPv6 address in brackets, an IPv4 address in four decimal numbers, a name in other letters than
   * ASCII as DNS has it (`xn--…`). It goes into the grant, so it has nothing that a list of hosts would give a meaning.
   */
  readonly host: string;
  readonly port: number;
  /** Path without a trailing slash; empty for none. */
  readonly path: string;
  /** Something after `?` or `#`. */
  readonly hasQuery: boolean;
  /** Percent-decoded; empty for none. */
  readonly username: string;
  readonly password: string;
}

const LONGEST_URL = 2_048;
/** A name of letters, digits, `-` and `_` between dots, or an address: no `,` and no `*`. */
const HOST = /^(?=.{1,254}$)([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|\[[0-9a-f:.]+\])$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1080 };

/** The port of a scheme when a URL names none. */
export function defaultPort(scheme: string): number {
  return DEFAULT_PORTS[scheme] ?? 0;
}

/** Splits an absolute URL with one of the given schemes; undefined when it is not one. */
export function urlParts(text: string, schemes: readonly string[]): UrlParts | undefined {
  if (text.length > LONGEST_URL) return undefined;
  // An @ after the host is a password with a slash that is not percent-encoded, not a path.
  const match = /^([A-Za-z][A-Za-z0-9]*):\/\/([^/?#\\]+)([^?#\\@]*)([?#].*)?$/.exec(text);
  const [, written = "", authority = "", , query] = match ?? [];
  const scheme = written.toLowerCase();
  if (!match || !schemes.includes(scheme) || /[\s\p{Cc}]/u.test(text)) return undefined;
  // `URL` normalises hosts of the web's own schemes only, and hides their default port.
  const normal = `http${text.slice(written.length)}`;
  if (!URL.canParse(normal)) return undefined;
  const url = new URL(normal);
  if (!HOST.test(url.hostname)) return undefined;
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? defaultPort(scheme));
  const username = decode(url.username);
  const password = decode(url.password);
  if (port < 1 || username === undefined || password === undefined) return undefined;
  return {
    scheme,
    host: url.hostname,
    port,
    path: url.pathname.replace(/\/+$/, ""),
    hasQuery: query !== undefined,
    username,
    password,
  };
}

/** `host`, with the port where it is not the scheme's own: what a `Host` header says. */
export function hostWithPort(scheme: string, host: string, port: number): string {
  return port === defaultPort(scheme) ? host : `${host}:${port}`;
}

const SCHEME = /^[A-Za-z][A-Za-z0-9]{0,9}:\/\//;
/** User and password: up to the last @, whatever is not percent-encoded in them. Behind a ? an @ may end neither. */
const LOGIN = /^[^?#]*@(?=[^@]*$)/;
const HOST_AND_REST =
  /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?(\/[^?#\\@]*)?([?#].*)?$/s;
/** Short plain names, as `/services/collector/event`. */
const PLAIN_PATH = /^(?:\/[a-z0-9._]{0,12}){0,6}$/;

/**
 * Of a URL, or what should be one: scheme, host and port, and nothing that may be a user, a password or a query. A
 * port has digits alone, so that `user:password` shows neither.
 */
export function showUrl(text: string): string {
  if (!/[:/@?#\\]/.test(text)) return showValue(text) ?? LEFT_OUT;
  const [scheme = ""] = SCHEME.exec(text) ?? [];
  const rest = text.slice(scheme.length);
  const [login = ""] = LOGIN.exec(rest) ?? [];
  const [, host = "", port = "", path = "", query] = HOST_AND_REST.exec(rest.slice(login.length)) ??
    [];
  if (host === "" || looksSecret(host)) return `${scheme}${LEFT_OUT}`;
  const shownPath = PLAIN_PATH.test(path) ? path : `/${LEFT_OUT}`;
  return `${scheme}${login && `${LEFT_OUT}@`}${host}${port}${shownPath}` +
    (query === undefined ? "" : `?${LEFT_OUT}`);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
