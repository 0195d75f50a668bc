import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";
import { hostWithPort, showUrl, urlParts } from "./url_parts.ts";

/** Where an SLS service is. */
export interface SlsEndpoint {
  readonly scheme: "https" | "http";
  /** Lower case; an IPv6 address stands in brackets. */
  readonly host: string;
  readonly port: number;
  /** An IP address or `localhost`: no name in front of it would resolve. */
  readonly isLiteralHost: boolean;
}

/** Where the requests of one project go. The permission grant and the SLS client use the same one. */
export interface ProjectAddress {
  readonly scheme: "https" | "http";
  /** What is resolved and connected to: `PROJECT.HOST`, or the endpoint's own host for a literal host. */
  readonly connectHost: string;
  readonly port: number;
  /** Start of each URL, without a slash at the end: `https://p.cn-hangzhou.log.aliyuncs.com`. */
  readonly origin: string;
  /** The `Host` header: `PROJECT.HOST`, with the port where it is not the scheme's own. */
  readonly hostHeader: string;
}

const EXPECTED = "a region such as cn-hangzhou, or a host with or without https:// and a port, " +
  "such as cn-hangzhou-intranet.log.aliyuncs.com (no project, path or user)";
const REGION = /^[a-z]{2}-[a-z0-9]+(-[a-z0-9]+)*$/;

/** An SLS endpoint: a region name, or `host[:port]` with or without a scheme (without means https). */
export function slsEndpoint(): z.ZodType<SlsEndpoint, string> {
  const notes = { kind: "endpoint", expected: EXPECTED, json: { type: "string" }, show: showUrl };
  return scalar(notes, (text) => parseEndpoint(text) ?? new Refused(EXPECTED));
}

/** Reads an endpoint; undefined when it is not one. */
export function parseEndpoint(text: string): SlsEndpoint | undefined {
  const written = text.includes("://") ? text : `https://${text}`;
  const parts = urlParts(written, ["https", "http"]);
  if (!parts || parts.path || parts.hasQuery || parts.username || parts.password) return undefined;
  const { host, port } = parts;
  const isRegion = REGION.test(text.replace(/^https?:\/\//i, "")); // with a port it is a host
  return {
    scheme: parts.scheme === "http" ? "http" : "https",
    host: isRegion ? `${host}.log.aliyuncs.com` : host,
    port,
    isLiteralHost: host === "localhost" || host.startsWith("[") || /^\d+(\.\d+){3}$/.test(host),
  };
}

/**
 * The address of one project: the project is named in the host and nowhere else. In front of an IP
 * address it is named in the `Host` header only, as in the vendor's Python SDK.
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
 * The region that an endpoint's host names, needed for signature v4: the vendor's hosts without their
 * domain and network. Undefined for others, and for global acceleration, whose host names no region.
 */
export function regionOf({ host }: SlsEndpoint): string | undefined {
  const label = /^([a-z0-9-]+)\.(?:log|sls)\.aliyuncs\.com$/.exec(host)?.[1];
  return label?.replace(/-(intranet|internal|share|vpc)$/, "");
}
