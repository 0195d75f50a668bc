import {
  addressRange,
  isIpAddress,
  isSameAddress,
  isWithin,
  withoutBrackets,
} from "./ip_address.ts";

/**
 * Whether a host is reached without the proxy. Reads `NO_PROXY` as most programs do.
 * @param entries In lower case: `*`; a host or a domain with all hosts below it, with or without a leading dot; an IP
 * address; each with or without `:port`; or a range of addresses such as `10.0.0.0/8`.
 * @param host In lower case; an IPv6 address may be in brackets. A name is not resolved, so it is in no range.
 */
export function bypassesProxy(entries: readonly string[], host: string, port: number): boolean {
  const name = withoutBrackets(host);
  const isAddress = isIpAddress(name);
  return entries.some((entry) => {
    if (entry === "*") return true;
    if (entry.includes("/")) {
      const range = addressRange(entry);
      return range !== undefined && isWithin(name, range);
    }
    const { name: wanted, port: onlyPort } = splitEntry(entry);
    if (wanted === "" || onlyPort !== undefined && onlyPort !== port) return false;
    if (isAddress) return isSameAddress(wanted, name);
    return name === wanted || name.endsWith(`.${wanted}`);
  });
}

/** An IPv6 address with a port must be in brackets; without one it may be. */
function splitEntry(entry: string): { name: string; port: number | undefined } {
  const isBareIpv6 = !entry.startsWith("[") && entry.split(":").length > 2;
  const [, host = entry, port] = isBareIpv6 ? [] : /^(.*):(\d+)$/.exec(entry) ?? [];
  const name = withoutBrackets(host).replace(/^\*?\./, "");
  return { name, port: port === undefined ? undefined : Number(port) };
}
