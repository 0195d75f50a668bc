import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";
import { hostWithPort, showUrl, urlParts } from "./url_parts.ts";

/** Base of a Splunk HTTP Event Collector. */
export interface HecUrl {
  readonly scheme: "https" | "http";
  /** Lower case; an IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
  /** The URL without a slash at the end; routes such as `/services/collector/event` are appended. */
  readonly base: string;
}

const EXPECTED = "an absolute http or https URL without user, query or fragment, " +
  "such as https://splunk.example.com:8088";

/** A collector's base URL. One that already ends in a route would get it twice, so it is refused. */
export function hecUrl(): z.ZodType<HecUrl, string> {
  const json = { type: "string", format: "uri" };
  return scalar({ kind: "URL", expected: EXPECTED, json, show: showUrl }, (text) => {
    const parts = urlParts(text, ["https", "http"]);
    if (!parts || parts.hasQuery || parts.username || parts.password) return new Refused(EXPECTED);
    const { host, port, path } = parts;
    const scheme = parts.scheme === "http" ? "http" : "https";
    const base = `${scheme}://${hostWithPort(scheme, host, port)}${path}`;
    const route = /\/services\/collector(\/.*)?$/i.exec(path);
    if (!route) return { scheme, host, port, base };
    const wanted = base.slice(0, base.length - route[0].length);
    return new Refused(`the base URL alone, since the route is appended to it: ${wanted}`);
  });
}
