import type { Telemetry } from "../base/telemetry.ts";
import { ipAddress } from "../base/ip_address.ts";
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

/** Whether this machine itself is meant. Names below `localhost` are left to DNS by some systems. */
function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const address = ipAddress(host);
  if (address?.length === 4) return address[0] === 127;
  return address?.at(-1) === 1 && address.slice(0, -1).every((byte) => byte === 0);
}
