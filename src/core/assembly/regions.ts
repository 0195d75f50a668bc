// The regions of the memory. There is no allocator: the host lays the regions out, and enlarges them when `needed` says
// that a page does not fit.

/** What the logs of the open group share. */
export let groupAt: usize = 0;
let groupCapacity: u32 = 0;
/** The events of the batch. */
export let eventsAt: usize = 0;
export let eventsCapacity: u32 = 0;
/** The members of one log, in `generalLog`. */
export let membersAt: usize = 0;
let membersCapacity: u32 = 0;
/** One event before it is written as text. */
export let textAt: usize = 0;
let textCapacity: u32 = 0;
/** By event, its end in the batch: u32 each. */
export let endsAt: usize = 0;

/** Size that a region needs, when filling stopped because it is too small; otherwise 0. */
export let groupNeeded: u32 = 0;
export let eventsNeeded: u32 = 0;
export let membersNeeded: u32 = 0;
export let textNeeded: u32 = 0;

export function setRegions(
  group: usize,
  groupBytes: u32,
  events: usize,
  eventsBytes: u32,
  members: usize,
  membersBytes: u32,
  text: usize,
  textBytes: u32,
  ends: usize,
): void {
  groupAt = group;
  groupCapacity = groupBytes;
  eventsAt = events;
  eventsCapacity = eventsBytes;
  membersAt = members;
  membersCapacity = membersBytes;
  textAt = text;
  textCapacity = textBytes;
  endsAt = ends;
  groupNeeded = eventsNeeded = membersNeeded = textNeeded = 0;
}

/** Whether this many bytes fit into the region; if not, sets what is needed. */
export function fitsGroup(bytes: u64): bool {
  if (bytes <= groupCapacity) return true;
  groupNeeded = clamp(bytes);
  return false;
}

export function fitsMembers(bytes: u64): bool {
  if (bytes <= membersCapacity) return true;
  membersNeeded = clamp(bytes);
  return false;
}

export function fitsText(bytes: u64): bool {
  if (bytes <= textCapacity) return true;
  textNeeded = clamp(bytes);
  return false;
}

export function needEvents(bytes: u64): void {
  eventsNeeded = clamp(bytes);
}

function clamp(bytes: u64): u32 {
  return bytes > 0xffffffff ? 0xffffffff : <u32>bytes;
}
