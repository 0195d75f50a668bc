import type { Telemetry } from "./base/telemetry.ts";
import type { HecConfig } from "./config/config.ts";

/** Tells of each collector to which token and logs go unencrypted over a network, or to whom is not known. */
export function warnOfOpenWays({ urls, tls }: HecConfig, telemetry: Telemetry): void {
  for (const { scheme, host, base } of urls) {
    if (scheme === "http" && !isLoopback(host)) telemetry({ type: "hec_unencrypted", url: base });
    if (scheme === "https" && !tls.verify) telemetry({ type: "hec_unverified", url: base });
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}
