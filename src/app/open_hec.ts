import type { PlaneDeps } from "./deps.ts";
import { OperatorError } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { HecConfig } from "../config/config.ts";
import type { Proxy } from "../config/types/urls.ts";
import { CheckedTransport } from "../hec/transport/checked_transport.ts";
import { CollectorCheck } from "../hec/collector_check.ts";
import { FETCH_MAX_BODY_BYTES, FetchTransport } from "../hec/transport/fetch_transport.ts";
import { HecClient, type HecClientOptions } from "../hec/hec_client.ts";
import type { HecToken } from "../hec/hec_token.ts";
import type { HecConnection, HecTransport } from "../hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../base/runtime.ts";
import { nodeKnowsProxy, NodeTransport } from "../hec/transport/node_transport.ts";

/**
 * The HEC client that a configuration asks for.
 * @throws {OperatorError} as `checkProxies`.
 */
export function makeHecClient(
  hec: HecConfig,
  token: HecToken,
  tls: TlsFiles,
  deps: PlaneDeps,
): HecClient {
  return new HecClient(hecClientOptions(hec, token, tls, deps));
}

/**
 * The look at the collectors that a program takes at its start, with connections as the client's.
 * @throws {OperatorError} as `checkProxies`.
 */
export function makeCollectorCheck(
  hec: HecConfig,
  token: HecToken,
  tls: TlsFiles,
  deps: PlaneDeps,
): CollectorCheck {
  const telemetry: PlaneDeps["telemetry"] = (event) => {
    if (event.type !== "hec_key_unproven") deps.telemetry(event); // the client tells
  };
  return new CollectorCheck(hecClientOptions(hec, token, tls, { ...deps, telemetry }));
}

function hecClientOptions(
  hec: HecConfig,
  token: HecToken,
  tls: TlsFiles,
  deps: PlaneDeps,
): HecClientOptions {
  checkProxies(hec);
  const { verify, fingerprint } = hec.tls;
  return {
    ...deps,
    ...hec,
    token,
    tls,
    connections: hec.urls.map(({ base, proxy }) => ({
      verify,
      fingerprint,
      baseUrl: base,
      proxyUrl: proxy && proxyUrl(proxy),
      onUnprovenKey: once(() => deps.telemetry({ type: "hec_key_unproven", url: base })),
    })),
    retirement: hec.retire,
    makeTransport,
  };
}

/**
 * @param nodeIsSound Whether this Deno's `node:https` may be used.
 * @throws {OperatorError} when a collector's certificate is to be taken in a way that its proxy, or this Deno, does not
 * allow.
 */
export function checkProxies(
  { urls, tls: { verify, fingerprint } }: HecConfig,
  nodeIsSound = nodeHttpIsSound,
): void {
  if (verify && fingerprint === undefined) return;
  for (const { scheme, base, proxy } of urls) {
    if (scheme !== "https" || nodeIsSound && (!proxy || nodeKnowsProxy(proxy.url))) continue;
    const option = verify ? "hec.tls.fingerprint" : "hec.tls.verify: false";
    const through = proxy ? ` through the proxy ${proxy.url}` : "";
    throw new OperatorError(
      `Cannot reach ${base}${through} with ${option}`,
      nodeIsSound
        ? "Use an http proxy, or one of https under a name, or set hec.tls.ca_file in place of it"
        : `Set hec.tls.ca_file in place of it: Deno ${Deno.version.deno} has no way to do that`,
    );
  }
}

/** `node:` tells what was written, is faster and takes more certificates; `fetch` knows all proxies. */
export function makeTransport(connection: HecConnection): HecTransport {
  const { baseUrl, verify, fingerprint, proxyUrl } = connection;
  const isPlain = baseUrl.startsWith("http:");
  if (!isPlain && (!verify || fingerprint !== undefined)) return new NodeTransport(connection);
  if (goesByFetch(proxyUrl)) return new FetchTransport(connection);
  const hasTls = !isPlain || proxyUrl?.startsWith("https:");
  return hasTls ? new CheckedTransport(connection) : new NodeTransport(connection);
}

function goesByFetch(proxyUrl: string | undefined): boolean {
  return !nodeHttpIsSound || proxyUrl !== undefined && !nodeKnowsProxy(proxyUrl);
}

/** What logs come to at least, compressed: bodies of such batches rarely have to be cut. */
const LEAST_COMPRESSION = 3;

/**
 * Bytes of events in one batch: `hec.batch.max_bytes`, or less where an endpoint is reached over `fetch`, for which
 * larger bodies would have to be cut and compressed a second time.
 */
export function batchMaxBytes({ urls, batch, gzip, tls: { caFile } }: HecConfig): number {
  const mayGoByFetch = urls.some(({ proxy }) =>
    goesByFetch(proxy?.url) || caFile !== undefined && proxy?.url.startsWith("https:")
  );
  if (!mayGoByFetch) return batch.maxBytes;
  return Math.min(batch.maxBytes, FETCH_MAX_BODY_BYTES * (gzip === false ? 1 : LEAST_COMPRESSION));
}

/** Tells when batches are made smaller than they may be. */
export function reportSmallBatches(hec: HecConfig, telemetry: Telemetry): void {
  const maxBytes = batchMaxBytes(hec);
  if (maxBytes === hec.batch.maxBytes) return;
  const why = nodeHttpIsSound
    ? "a proxy of hec.proxy is one of socks5 or https"
    : `this is Deno ${Deno.version.deno}`;
  telemetry({ type: "batches_limited", maxBytes, why });
}

function once(tell: () => void): () => void {
  let told = false;
  return () => {
    if (!told) tell();
    told = true;
  };
}

/** A proxy's URL with its credentials. */
export function proxyUrl({ url, login }: Proxy): string {
  if (!login) return url;
  const withLogin = new URL(url);
  withLogin.username = encodeURIComponent(login.username);
  withLogin.password = encodeURIComponent(login.password.reveal());
  return withLogin.href;
}
