import type { z } from "zod";
import { Secret } from "../base/secret.ts";
import { Refused, scalar } from "./scalar.ts";
import { showUrl, urlParts } from "./url_parts.ts";

/** A proxy to connect through. */
export interface Proxy {
  /** Scheme, host and port, the port always written out; no user or password. */
  readonly url: string;
  /** Lower case; an IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
  readonly login: { readonly username: string; readonly password: Secret } | undefined;
}

const SCHEMES = ["http", "https", "socks5"];
/** What a proxy's URL must be. */
export const PROXY_EXPECTED = "an http, https or socks5 URL without path or query, " +
  "such as http://user:password@proxy.example.com:3128 (special characters percent-encoded)";
const EXPECTED = `${PROXY_EXPECTED}; or env`;

/** A proxy's URL, with or without user and password; `env` is replaced before it is looked at here. */
export function proxy(): z.ZodType<Proxy, string> {
  const json = { type: "string" };
  return scalar({ kind: "URL", expected: EXPECTED, json, show: showUrl }, (text) => {
    return parseProxy(text) ?? new Refused(EXPECTED);
  });
}

/** Reads a proxy's URL; undefined when it is not one. */
export function parseProxy(text: string): Proxy | undefined {
  const parts = urlParts(text, SCHEMES);
  if (!parts || parts.path || parts.hasQuery) return undefined;
  const { scheme, host, port, username, password } = parts;
  if (password && !username) return undefined;
  const login = username ? { username, password: new Secret(password, username) } : undefined;
  return { url: `${scheme}://${host}:${port}`, host, port, login };
}
