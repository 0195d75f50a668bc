import { isLoopback } from "../base/ip_address.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Config } from "../config/config.ts";
import { collectorsOf, type Items, itemsOf } from "../config/items.ts";
import { reportSmallBatches } from "./open_hec.ts";

/** Reports at the start what the operator should know of a configuration. */
export function reportConfig(config: Config, telemetry: Telemetry): void {
  for (const warning of config.warnings) telemetry({ type: "config_warning", ...warning });
  reportInsecureEndpoints(config, telemetry);
  for (const hec of collectorsOf(config)) reportSmallBatches(hec, telemetry);
}

/**
 * Reports each collector that gets the token and the logs unencrypted over a network, or whose identity is not checked,
 * and each host from which logs come unencrypted.
 */
export function reportInsecureEndpoints(config: Items, telemetry: Telemetry): void {
  const insecure = itemsOf(config).map(({ address }) => address)
    .filter(({ scheme, connectHost }) => scheme === "http" && !isLoopback(connectHost));
  for (const url of new Set(insecure.map(({ origin }) => origin))) {
    telemetry({ type: "sls_unencrypted", url });
  }
  const collectors = collectorsOf(config).flatMap(({ urls, tls }) =>
    urls.map((url) => ({ ...url, verify: tls.verify }))
  );
  const isPlain = collectors.filter(({ scheme, host }) => scheme === "http" && !isLoopback(host));
  const isUnverified = collectors.filter(({ scheme, verify }) => scheme === "https" && !verify);
  for (const url of basesOf(isPlain)) telemetry({ type: "hec_unencrypted", url });
  for (const url of basesOf(isUnverified)) telemetry({ type: "hec_unverified", url });
}

function basesOf(urls: readonly { readonly base: string }[]): Set<string> {
  return new Set(urls.map(({ base }) => base));
}
