/** The bytes of an IP address: 4 or 16. */
export type IpAddress = readonly number[];

/** Addresses that begin with the same bits. */
export interface AddressRange {
  readonly first: IpAddress;
  readonly bits: number;
}

/**
 * Reads an IPv4 or IPv6 address, the latter with or without brackets; undefined for anything else, such as a name.
 * An IPv4 address that is written as IPv6 (`::ffff:10.0.0.7`) is the IPv4 address.
 */
export function ipAddress(text: string): IpAddress | undefined {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  return bare.includes(":") ? ipv6(bare) : ipv4(bare);
}

/** Reads a range such as `10.0.0.0/8` or `fd00::/8`; bits beyond the prefix do not matter. */
export function addressRange(text: string): AddressRange | undefined {
  const [, address = "", written = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const first = ipAddress(address);
  if (!first) return undefined;
  // The prefix of an IPv4 range that is written as IPv6 counts the 96 bits before it.
  const bits = Number(written) - (first.length === 4 && address.includes(":") ? 96 : 0);
  return bits >= 0 && bits <= first.length * 8 ? { first, bits } : undefined;
}

/** Whether an address lies in a range; one of the other version never does. */
export function isWithin(address: IpAddress, { first, bits }: AddressRange): boolean {
  return address.length === first.length && address.every((byte, index) => {
    const ignored = Math.min(8, Math.max(0, 8 * (index + 1) - bits));
    return byte >> ignored === first[index]! >> ignored;
  });
}

function ipv4(text: string): IpAddress | undefined {
  const parts = text.split(".");
  // A leading zero means octal to some programs and nothing to others.
  const right = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part));
  const bytes = parts.map(Number);
  return right && bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function ipv6(text: string): IpAddress | undefined {
  if (!/^[\da-fA-F:.]+$/.test(text) || !URL.canParse(`http://[${text}]`)) return undefined;
  // The URL's own form has no dots any more.
  const [head = "", tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const groupsOf = (part = "") =>
    part === "" ? [] : part.split(":").map((hex) => parseInt(hex, 16));
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  const bytes = [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255]);
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes.slice(12) : bytes;
}
