import { isLoopback } from "../base/ip_address.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Config } from "../config/config.ts";
import { reportSmallBatches } from "./open_hec.ts";

/** Reports at the start what the operator should know of a configuration. */
export function reportConfig(config: Config, telemetry: Telemetry): void {
  for (const warning of config.warnings) telemetry({ type: "config_warning", ...warning });
  reportInsecureEndpoints(config, telemetry);
  reportSmallBatches(config.hec, telemetry);
}

/**
 * Reports each collector that gets the token and the logs unencrypted over a network, or whose identity is not checked,
 * and each host from which logs come unencrypted.
 */
export function reportInsecureEndpoints(
  { hec: { urls, tls }, sources }: Pick<Config, "hec" | "sources">,
  telemetry: Telemetry,
): void {
  const insecure = sources.map(({ address }) => address)
    .filter(({ scheme, connectHost }) => scheme === "http" && !isLoopback(connectHost));
  for (const url of new Set(insecure.map(({ origin }) => origin))) {
    telemetry({ type: "sls_unencrypted", url });
  }
  for (const { scheme, host, base } of urls) {
    if (scheme === "http" && !isLoopback(host)) telemetry({ type: "hec_unencrypted", url: base });
    if (scheme === "https" && !tls.verify) telemetry({ type: "hec_unverified", url: base });
  }
}
