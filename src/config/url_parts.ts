/** Scheme, host and port of a URL, as a socket needs them. */
export interface UrlParts {
  readonly scheme: string;
  /** Lower case; an IPv6 address stands in brackets. */
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

/** A URL as it may be shown: without user, password and query, which may be secret. */
export function showUrl(text: string): string {
  return text.replace(/[?#].*$/s, "?…").replace(/^([^/]*\/\/)?.*@/s, "$1…@");
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
