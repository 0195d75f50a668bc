import { BlockList, isIP } from "node:net";

/** Bits before the IPv4 address in one that is written as IPv6 (`::ffff:10.0.0.7`). */
const MAPPED_BITS = 96;
const MAPPED = new BlockList();
MAPPED.addSubnet("::ffff:0:0", MAPPED_BITS, "ipv6");

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a text is an IPv4 or IPv6 address; the latter may be in brackets. An address with a zone (`fe80::1%eth0`) is
 * none, nor is an IPv4 address with leading zeros, which some programs read as octal.
 */
export function isIpAddress(text: string): boolean {
  return familyOf(withoutBrackets(text)) !== undefined;
}

/** Whether an address, or the name `localhost`, is of this machine itself. */
export function isLoopback(host: string): boolean {
  // Names below `localhost` are left to DNS by some systems.
  return host === "localhost" || isWithin(host, LOOPBACK);
}

/**
 * Reads a range such as `10.0.0.0/8` or `fd00::/8`; bits behind the prefix are ignored.
 * @returns undefined for anything else.
 */
export function addressRange(text: string): BlockList | undefined {
  const [, start = "", bits] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = withoutBrackets(start);
  const family = familyOf(address);
  const prefix = Number(bits);
  if (!family || prefix > (family === "ipv4" ? 32 : 128)) return undefined;
  if (prefix < MAPPED_BITS && family === "ipv6" && isWithin(address, MAPPED)) return undefined;
  const range = new BlockList();
  range.addSubnet(address, prefix, family);
  return range;
}

/** Whether two texts are the same address, such as `10.0.0.7` and `::ffff:a00:7`. */
export function isSameAddress(text: string, other: string): boolean {
  const address = withoutBrackets(text);
  const family = familyOf(address);
  if (!family) return false;
  const range = new BlockList();
  range.addAddress(address, family);
  return isWithin(other, range);
}

/** Whether an address is in a range. A name is in none. */
export function isWithin(text: string, range: BlockList): boolean {
  const address = withoutBrackets(text);
  const family = familyOf(address);
  return family !== undefined && range.check(address, family);
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = address.includes("%") ? 0 : isIP(address);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}

/** A host without the brackets that a URL has around an IPv6 address. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
