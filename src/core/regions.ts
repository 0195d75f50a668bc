/** Bytes after each region that fast loops may read and write. */
const SLACK_BYTES = 64;
/** Smallest event, to compute how many fit into a region. */
const MIN_EVENT_BYTES = 32;
const MIB = 1024 * 1024;

/** Sizes of the core's regions, in bytes. */
export interface RegionSizes {
  readonly mapping: number;
  readonly raw: number;
  readonly group: number;
  readonly events: number;
  readonly members: number;
  readonly text: number;
}

/**
 * Sizes for usual pages. Memory is used only where something is written, so these are the worst case of a page of 8 MiB
 * with logs of more than 1 MiB.
 */
export const USUAL_REGIONS: RegionSizes = {
  mapping: 64 * 1024,
  raw: 8 * MIB,
  group: MIB,
  events: 12 * MIB,
  members: 2 * MIB,
  text: 8 * MIB,
};

/** Addresses of the regions. */
export interface Regions {
  readonly sizes: RegionSizes;
  readonly mapping: number;
  readonly raw: number;
  readonly group: number;
  readonly events: number;
  readonly members: number;
  readonly text: number;
  readonly ends: number;
  /** End of the last region. */
  readonly end: number;
}

/** Lays out regions of these sizes, one after the other. */
export function layout(start: number, sizes: RegionSizes): Regions {
  let at = start;
  const alloc = (bytes: number): number => {
    const region = at;
    at = (at + bytes + SLACK_BYTES + 63) & ~63;
    return region;
  };
  return {
    sizes,
    raw: alloc(sizes.raw), // first: positions in a page stay valid when the other regions move
    mapping: alloc(sizes.mapping),
    group: alloc(sizes.group),
    events: alloc(sizes.events),
    members: alloc(sizes.members),
    text: alloc(sizes.text),
    ends: alloc(sizes.events / MIN_EVENT_BYTES * 4),
    end: at,
  };
}

/** The larger of both sizes, region by region. */
export function maxOf(sizes: RegionSizes, needed: Partial<RegionSizes>): RegionSizes {
  const larger = (name: keyof RegionSizes) => Math.max(sizes[name], needed[name] ?? 0);
  return {
    mapping: larger("mapping"),
    raw: larger("raw"),
    group: larger("group"),
    events: larger("events"),
    members: larger("members"),
    text: larger("text"),
  };
}
