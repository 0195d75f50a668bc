import type { Telemetry } from "../base/telemetry.ts";
import { isLoopback } from "../base/ip_address.ts";
import type { Config } from "../config/config.ts";

/**
 * Tells of each collector to which token and logs go unencrypted over a network, or to whom is not known, and of each
 * host from which logs come unencrypted.
 */
export function warnOfOpenWays(
  { hec: { urls, tls }, sources }: Pick<Config, "hec" | "sources">,
  telemetry: Telemetry,
): void {
  const open = sources.map(({ address }) => address)
    .filter(({ scheme, connectHost }) => scheme === "http" && !isLoopback(connectHost));
  for (const url of new Set(open.map(({ origin }) => origin))) {
    telemetry({ type: "sls_unencrypted", url });
  }
  for (const { scheme, host, base } of urls) {
    if (scheme === "http" && !isLoopback(host)) telemetry({ type: "hec_unencrypted", url: base });
    if (scheme === "https" && !tls.verify) telemetry({ type: "hec_unverified", url: base });
  }
}
