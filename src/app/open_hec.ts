import type { FileDeps, PlaneDeps } from "./deps.ts";
import { hecTlsFiles } from "./tls_files.ts";
import { OperatorError } from "../base/errors.ts";
import { ReloadingFile } from "../base/reloading_file.ts";
import { Secret } from "../base/secret.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { HecConfig } from "../config/config.ts";
import { checkReloaded, reloadSecret } from "../config/reloadable_secret.ts";
import type { Proxy } from "../config/types/urls.ts";
import { CheckedTransport } from "../hec/transport/checked_transport.ts";
import type { CollectorSet } from "../hec/collector_set.ts";
import { CollectorCheck } from "../hec/collector_check.ts";
import { FETCH_MAX_BODY_BYTES, FetchTransport } from "../hec/transport/fetch_transport.ts";
import { HecClient, type HecClientOptions } from "../hec/hec_client.ts";
import { fixedToken, type HecToken } from "../hec/hec_token.ts";
import type { HecConnection, HecTransport } from "../hec/transport/hec_transport.ts";
import { nodeHttpIsSound } from "../base/runtime.ts";
import { nodeKnowsProxy, NodeTransport } from "../hec/transport/node_transport.ts";

/** What the connections to HEC take from files, which may be replaced at any time. */
export interface HecSecrets {
  readonly token: HecToken;
  readonly tls: TlsFiles;
}

/**
 * Reads what the connections to HEC take from files, and reads it again when a file has changed.
 * @throws {OperatorError} when a certificate or key file cannot be used.
 */
export function openHecSecrets(hec: HecConfig, deps: FileDeps): HecSecrets {
  return { token: hecToken(hec, deps), tls: hecTlsFiles(hec, deps) };
}

function hecToken({ token, path }: HecConfig, deps: FileDeps): HecToken {
  const option = `${path}.token`;
  if (!token.parts) return fixedToken(token.value);
  const file = new ReloadingFile(deps, {
    about: option,
    hint:
      "The old token stays in use. Write the new one to another file in the same folder, then rename that file",
    initial: { text: token.value.reveal(), value: token.value },
    read: () => reloadSecret(token, deps.readTextFile),
    parse: (text) => new Secret(checkReloaded(option, "an HEC token", text)),
  });
  return {
    current: () => Promise.resolve(file.current()),
    newest: () => Promise.resolve(file.reread()),
  };
}

/** The HEC client that a configuration asks for, as one of its set. */
export function openHec(
  hec: HecConfig,
  secrets: HecSecrets,
  set: CollectorSet,
  deps: PlaneDeps,
): HecClient {
  return new HecClient(deps, { ...hecClientOptions(hec, secrets, deps), set });
}

/** The check of the collectors at the start of the program, with connections like those of the client. */
export function openCollectorCheck(
  hec: HecConfig,
  secrets: HecSecrets,
  deps: PlaneDeps,
): CollectorCheck {
  const telemetry: Telemetry = (event) => {
    if (event.type !== "hec_key_unproven") deps.telemetry(event); // the client reports it
  };
  const { clock, random } = deps;
  const env = { clock, random, telemetry };
  return new CollectorCheck(env, hecClientOptions(hec, secrets, deps, telemetry));
}

function hecClientOptions(
  hec: HecConfig,
  { token, tls }: HecSecrets,
  deps: PlaneDeps,
  telemetry = deps.telemetry,
): HecClientOptions {
  const { verify, fingerprint } = hec.tls;
  const { uuid, userAgent, proxies } = deps;
  return {
    uuid,
    userAgent,
    proxies,
    token,
    tls,
    headers: hec.headers,
    optionPath: hec.path,
    timeoutMs: hec.timeoutMs,
    maxConcurrentRequests: hec.maxConcurrentRequests,
    ack: hec.ack,
    ackTimeoutMs: hec.ackTimeoutMs,
    connections: hec.urls.map(({ base, proxy }) => ({
      verify,
      fingerprint,
      baseUrl: base,
      proxyUrl: proxy && proxyUrl(proxy),
      onUnprovenKey: once(() => telemetry({ type: "hec_key_unproven", url: base })),
    })),
    maxConnectionAge: hec.retire,
    makeTransport,
  };
}

/**
 * @param nodeIsSound Whether this Deno's `node:https` may be used.
 * @throws {OperatorError} when a collector's certificate is to be checked in a way that its proxy, or this Deno, does
 * not support.
 */
export function checkProxies(
  { urls, tls: { verify, fingerprint }, path }: Pick<HecConfig, "urls" | "tls" | "path">,
  nodeIsSound = nodeHttpIsSound,
): void {
  if (verify && fingerprint === undefined) return;
  for (const { scheme, base, proxy } of urls) {
    if (scheme !== "https" || nodeIsSound && (!proxy || nodeKnowsProxy(proxy.url))) continue;
    const option = `${path}.tls.${verify ? "fingerprint" : "verify: false"}`;
    const through = proxy ? ` through the proxy ${proxy.url}` : "";
    throw new OperatorError(
      `Cannot reach ${base}${through} with ${option}`,
      nodeIsSound
        ? `Use an http proxy, or one of https under a name, or set ${path}.tls.ca_file in place of it`
        : `Set ${path}.tls.ca_file in place of it: Deno ${Deno.version.deno} has no way to do that`,
    );
  }
}

/** `node:` says what was written, is faster and supports more certificates; `fetch` supports all proxies. */
export function makeTransport(connection: HecConnection): HecTransport {
  const { baseUrl, verify, fingerprint, proxyUrl } = connection;
  const isPlain = baseUrl.startsWith("http:");
  if (!isPlain && (!verify || fingerprint !== undefined)) return new NodeTransport(connection);
  if (needsFetch(proxyUrl)) return new FetchTransport(connection);
  const hasTls = !isPlain || proxyUrl?.startsWith("https:");
  return hasTls ? new CheckedTransport(connection) : new NodeTransport(connection);
}

function needsFetch(proxyUrl: string | undefined): boolean {
  return !nodeHttpIsSound || proxyUrl !== undefined && !nodeKnowsProxy(proxyUrl);
}

/** Logs compress at least this well, so that bodies of such batches rarely have to be cut. */
const MIN_COMPRESSION = 3;

/**
 * Bytes of events in one batch: `hec.batch.max_bytes`, or less if an endpoint is reached with `fetch`, for which
 * larger bodies would have to be cut and compressed a second time.
 */
export function batchMaxBytes({ urls, batch, gzip, tls: { caFile } }: HecConfig): number {
  const mayNeedFetch = urls.some(({ proxy }) =>
    needsFetch(proxy?.url) || caFile !== undefined && proxy?.url.startsWith("https:")
  );
  if (!mayNeedFetch) return batch.maxBytes;
  return Math.min(batch.maxBytes, FETCH_MAX_BODY_BYTES * (gzip === false ? 1 : MIN_COMPRESSION));
}

/** Reports when batches are smaller than configured. */
export function reportSmallBatches(hec: HecConfig, telemetry: Telemetry): void {
  const maxBytes = batchMaxBytes(hec);
  if (maxBytes === hec.batch.maxBytes) return;
  const why = nodeHttpIsSound
    ? `a proxy of ${hec.path}.proxy is one of socks5 or https`
    : `this is Deno ${Deno.version.deno}`;
  telemetry({ type: "batches_limited", maxBytes, why });
}

function once(report: () => void): () => void {
  let reported = false;
  return () => {
    if (!reported) report();
    reported = true;
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
