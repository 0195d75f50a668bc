import { addressRange, ipAddress, isWithin } from "./ip_address.ts";

/**
 * Whether a host is reached directly though there is a proxy, as `NO_PROXY` is read by most programs.
 * @param entries Lower case: `*`; a host or domain, which means the hosts under it too, with or without a dot
 * in front; an IP address; each with or without `:port`; or a range of addresses such as `10.0.0.0/8`.
 * @param host Lower case, an IPv6 address in brackets or not. A name is not resolved: it lies in no range.
 */
export function bypassesProxy(entries: readonly string[], host: string, port: number): boolean {
  const name = withoutBrackets(host);
  const address = ipAddress(name);
  return entries.some((entry) => {
    if (entry === "*") return true;
    if (entry.includes("/")) {
      const range = addressRange(entry);
      return address !== undefined && range !== undefined && isWithin(address, range);
    }
    const { name: wanted, port: onlyPort } = splitEntry(entry);
    if (wanted === "" || onlyPort !== undefined && onlyPort !== port) return false;
    if (address) return ipAddress(wanted)?.join() === address.join();
    return name === wanted || name.endsWith(`.${wanted}`);
  });
}

/** An IPv6 address with a port stands in brackets; without one it need not. */
function splitEntry(entry: string): { name: string; port: number | undefined } {
  const isBareIpv6 = !entry.startsWith("[") && entry.split(":").length > 2;
  const [, host = entry, port] = isBareIpv6 ? [] : /^(.*):(\d+)$/.exec(entry) ?? [];
  const name = withoutBrackets(host).replace(/^\*?\./, "");
  return { name, port: port === undefined ? undefined : Number(port) };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
