import { Secret } from "../../base/secret.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { LEFT_OUT, looksSecret, showValue } from "../shown.ts";

/** Scheme, host and port of a URL, as a socket needs them. */
export interface UrlParts {
  /** Lower case: `https`. */
  readonly scheme: string;
  /**
   * Lower case, an IPv6 address in brackets, an IPv4 address in four decimal numbers, a name with other letters than
   * ASCII as in DNS (`xn--…`). It becomes part of the grant, so it has no character with a meaning in a list of hosts.
   */
  readonly host: string;
  /** Of the URL, or the scheme's own. */
  readonly port: number;
  /** Path without a trailing slash; empty for none. */
  readonly path: string;
  /** Whether something follows `?` or `#`. */
  readonly hasQuery: boolean;
  /** Percent-decoded; empty for none. */
  readonly username: string;
  /** Percent-decoded; empty for none. */
  readonly password: string;
}

const MAX_URL_LENGTH = 2_048;
/** A name of letters, digits, `-` and `_` between dots, or an address: no `,` and no `*`. */
const HOST = /^(?=.{1,254}$)([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|\[[0-9a-f:.]+\])$/;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, socks5: 1080 };

/** Splits an absolute URL with one of the given schemes; undefined when it is not one. */
export function urlParts(text: string, schemes: readonly string[]): UrlParts | undefined {
  if (text.length > MAX_URL_LENGTH) return undefined;
  // An @ after the host belongs to a password whose slash is not percent-encoded, not to a path.
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

/** `host`, with the port where it is not the scheme's own, as in a `Host` header. */
function hostWithPort(scheme: string, host: string, port: number): string {
  return port === defaultPort(scheme) ? host : `${host}:${port}`;
}

function defaultPort(scheme: string): number {
  return DEFAULT_PORTS[scheme] ?? 0;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** `http` or `https`. */
export type WebScheme = "https" | "http";

const WEB_SCHEMES = ["https", "http"] as const;

/** The scheme of a URL that is `http` or `https`. */
export function webScheme(scheme: string): WebScheme {
  return scheme === "http" ? "http" : "https";
}

/** Base of a Splunk HTTP Event Collector. */
export interface HecUrl {
  /** How it is reached. */
  readonly scheme: WebScheme;
  /** Lower case; an IPv6 address is in brackets. */
  readonly host: string;
  /** Of the URL, or the scheme's own. */
  readonly port: number;
  /** The URL without a slash at the end; routes such as `/services/collector/event` are appended. */
  readonly base: string;
}

const HEC_EXPECTED = "an absolute http or https URL without user, query or fragment, " +
  "such as https://splunk.example.com:8088";

/** A collector's base URL. One that ends in a route is refused, as the route is appended to it. */
export function hecUrl(): Scalar<HecUrl> {
  const json = { type: "string", format: "uri" };
  return scalar({ kind: "URL", expected: HEC_EXPECTED, json, show: showUrl }, (text) => {
    const parts = urlParts(text, WEB_SCHEMES);
    if (!parts || parts.hasQuery || parts.username || parts.password) {
      return new Refused(HEC_EXPECTED);
    }
    const { host, port, path } = parts;
    const scheme = webScheme(parts.scheme);
    const base = `${scheme}://${hostWithPort(scheme, host, port)}${path}`;
    const route = /\/services\/collector(\/.*)?$/i.exec(path);
    if (!route) return { scheme, host, port, base };
    const wanted = base.slice(0, base.length - route[0].length);
    return new Refused(`only the base URL, as the route is appended to it: ${wanted}`);
  });
}

const METADATA_EXPECTED = "an http URL without user or query, such as http://100.100.100.200";

/** A metadata service: its URL without a slash at the end, and its host and port. */
export function metadataUrl(): Scalar<{ readonly url: string; readonly host: string }> {
  const json = { type: "string", format: "uri" };
  return scalar({ kind: "URL", expected: METADATA_EXPECTED, json, show: showUrl }, (text) => {
    const parts = urlParts(text, ["http"]);
    if (!parts || parts.hasQuery || parts.username || parts.password) {
      return new Refused(METADATA_EXPECTED);
    }
    const host = `${parts.host}:${parts.port}`;
    return { url: `http://${host}${parts.path}`, host };
  });
}

/** A proxy to connect through. */
export interface Proxy {
  /** Scheme, host and port, the port always included; no user or password. */
  readonly url: string;
  /** Lower case; an IPv6 address is in brackets. */
  readonly host: string;
  /** Of the URL, or the scheme's own. */
  readonly port: number;
  /** User and password, if the proxy requires them. */
  readonly login: { readonly username: string; readonly password: Secret } | undefined;
}

/** What a proxy's URL must be, to follow "expected". */
export const PROXY_EXPECTED: string = "an http, https or socks5 URL without path or query, " +
  "such as http://user:password@proxy.example.com:3128 (special characters percent-encoded)";

/** A proxy's URL, with or without user and password; `env` is replaced before this type sees it. */
export function proxy(): Scalar<Proxy> {
  const expected = `${PROXY_EXPECTED}; or env, or none`;
  const json = { type: "string" };
  return scalar({ kind: "URL", expected, json, secrecy: "login", show: showUrl }, (text) => {
    return parseProxy(text) ?? new Refused(expected);
  });
}

/** Reads a proxy's URL; undefined when it is not one. */
export function parseProxy(text: string): Proxy | undefined {
  const parts = urlParts(text, ["http", "https", "socks5"]);
  if (!parts || parts.path || parts.hasQuery) return undefined;
  const { scheme, host, port, username, password } = parts;
  if (password && !username) return undefined;
  const login = username ? { username, password: new Secret(password, username) } : undefined;
  return { url: `${scheme}://${host}:${port}`, host, port, login };
}

/** Where an SLS service is. */
export interface SlsEndpoint {
  /** How it is reached. */
  readonly scheme: WebScheme;
  /** Lower case; an IPv6 address is in brackets. */
  readonly host: string;
  /** Of the endpoint, or the scheme's own. */
  readonly port: number;
  /** An IP address or `localhost`: a name in front of it would not resolve. */
  readonly isLiteralHost: boolean;
}

const ENDPOINT_EXPECTED = "a region such as cn-hangzhou, or a host with or without https:// and " +
  "a port, such as cn-hangzhou-intranet.log.aliyuncs.com (no project, path or user)";
const REGION = /^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$/;

/** An SLS endpoint: a region name, or `host[:port]` with or without a scheme (without means https). */
export function slsEndpoint(): Scalar<SlsEndpoint> {
  const json = { type: "string" };
  const notes = { kind: "endpoint", expected: ENDPOINT_EXPECTED, json, show: showUrl };
  return scalar(notes, (text) => parseEndpoint(text) ?? new Refused(ENDPOINT_EXPECTED));
}

/** Reads an endpoint; undefined when it is not one. */
export function parseEndpoint(text: string): SlsEndpoint | undefined {
  const written = text.includes("://") ? text : `https://${text}`;
  const parts = urlParts(written, WEB_SCHEMES);
  if (!parts || parts.path || parts.hasQuery || parts.username || parts.password) return undefined;
  const { host, port } = parts;
  const isRegion = REGION.test(text.replace(/^https?:\/\//i, "")); // with a port it is a host
  return {
    scheme: webScheme(parts.scheme),
    host: isRegion ? `${host}.log.aliyuncs.com` : host,
    port,
    isLiteralHost: host === "localhost" || host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host),
  };
}

/** Where the requests of one project go; the permission grant and the SLS client use the same one. */
export interface ProjectAddress {
  /** How it is reached. */
  readonly scheme: WebScheme;
  /** The host that is resolved and connected to: `PROJECT.HOST`, or the endpoint's own host if that is literal. */
  readonly connectHost: string;
  /** Of the endpoint. */
  readonly port: number;
  /** Start of each URL, without a slash at the end: `https://p.cn-hangzhou.log.aliyuncs.com`. */
  readonly origin: string;
  /** The `Host` header: `PROJECT.HOST`, with the port where it is not the scheme's own. */
  readonly hostHeader: string;
}

/**
 * The address of one project. The project is part of the host and of nothing else. With a literal host it is in the
 * `Host` header only, as in the vendor's Python SDK.
 */
export function projectAddress(endpoint: SlsEndpoint, project: string): ProjectAddress {
  const { scheme, host, port, isLiteralHost } = endpoint;
  const named = `${project}.${host}`;
  const connectHost = isLiteralHost ? host : named;
  return {
    scheme,
    connectHost,
    port,
    origin: `${scheme}://${hostWithPort(scheme, connectHost, port)}`,
    hostHeader: hostWithPort(scheme, named, port),
  };
}

/**
 * The region in an endpoint's host, for signature v4: the vendor's hosts without domain and network.
 * @returns undefined for other hosts, and for global acceleration, whose host contains no region.
 */
export function regionOf({ host }: SlsEndpoint): string | undefined {
  const label = /^([a-z0-9-]+)\.(?:log|sls)\.aliyuncs\.com$/.exec(host)?.[1];
  return label?.replace(/-(intranet|internal|share|vpc)$/, "");
}

const SCHEME = /^[A-Za-z][A-Za-z0-9]{0,9}:\/\//;
/** User and password: up to the last @, whatever is not percent-encoded in them. Behind a ? an @ may end neither. */
const LOGIN = /^[^?#]*@(?=[^@]*$)/;
const HOST_AND_REST =
  /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?(\/[^?#\\@]*)?([?#].*)?$/s;
/** Short plain names, such as `/services/collector/event`. */
const PLAIN_PATH = /^(?:\/[a-z0-9._]{0,12}){0,6}$/;

/**
 * Of a URL, or of a text in its place: scheme, host and port, and nothing that may be a user, a password or a query. A
 * port has digits only, so that `user:password` shows neither.
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
