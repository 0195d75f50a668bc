/** Bytes behind each region that fast loops may touch. */
const SLACK_BYTES = 64;
/** Least bytes of an event, to reckon how many a region holds. */
const LEAST_EVENT_BYTES = 32;
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
 * What usual pages need. Only what is touched takes memory, so these are as large as a page of 8 MiB and
 * logs of more than 1 MiB may need at worst.
 */
export const USUAL_REGIONS: RegionSizes = {
  mapping: 64 * 1024,
  raw: 8 * MIB,
  group: MIB,
  events: 12 * MIB,
  members: 2 * MIB,
  text: 8 * MIB,
};

/** Where the regions lie. */
export interface Regions {
  readonly sizes: RegionSizes;
  readonly mapping: number;
  readonly raw: number;
  readonly group: number;
  readonly events: number;
  readonly members: number;
  readonly text: number;
  readonly ends: number;
  /** Bytes of memory in all. */
  readonly end: number;
}

/** Lays regions of these sizes out, one behind the other. */
export function layOut(start: number, sizes: RegionSizes): Regions {
  let at = start;
  const take = (bytes: number): number => {
    const region = at;
    at = (at + bytes + SLACK_BYTES + 63) & ~63;
    return region;
  };
  return {
    sizes,
    raw: take(sizes.raw), // first: places in a page hold wherever the other regions lie
    mapping: take(sizes.mapping),
    group: take(sizes.group),
    events: take(sizes.events),
    members: take(sizes.members),
    text: take(sizes.text),
    ends: take(sizes.events / LEAST_EVENT_BYTES * 4),
    end: at,
  };
}

/** The larger of both, region by region. */
export function atLeast(sizes: RegionSizes, needed: Partial<RegionSizes>): RegionSizes {
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
