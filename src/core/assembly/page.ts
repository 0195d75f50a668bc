// A page: its log groups and their logs, one after the other.

import { behindLogs, openGroup } from "./group";
import { likeBefore } from "./like_before";
import { eventRoom, generalLog, malformedLog, readLog } from "./log";
import { endsAt, eventsAt, eventsCapacity, needEvents } from "./regions";
import { wroteOddTime } from "./time";
import { length, next, skip, uint, value } from "./wire";

/** The page has no more logs. */
export const PAGE_END: u32 = 0;
/** The batch is to be sent. */
export const FULL: u32 = 1;
/** The event behind the batch is too large, and not part of it. */
export const OVERSIZE: u32 = 2;
/** The event behind the batch stands for a log that is no message, and is not part of it. */
export const MALFORMED: u32 = 3;
/** A region is too small; nothing was read. */
export const NEEDS_ROOM: u32 = 4;

// Where reading stands. The host may keep these bytes and put them back, to go on with a page that had to
// make room for another: see `place`.
//   0 behind the open group | 4 the next field of the open group | 8 the open group's start | 12 its end
//   16 log groups met | 20 number of the next log, of the group or of the page | 24 end of the page
const PLACE = memory.data(32);
/** By log group of the page that was begun last: what `behindLogs` has found. 0: not known. */
const BEHIND_LOGS = memory.data(1024 * 4);
const MOST_KNOWN: u32 = 1024;
/** Whether logs are numbered through the page, and not in each group anew. */
let numbersGoOn: bool = false;

export let batchBytes: u32 = 0;
export let batchEvents: u32 = 0;
/** Bytes of the event behind the batch. */
export let loneBytes: u32 = 0;
/** Events that were written, the one behind the batch among them, whose time cannot be meant. */
export let oddTimes: u32 = 0;

export function place(): usize {
  return PLACE;
}

/** Starts the page at [p, p + n). Returns how many log groups it has, or -1 when it is malformed. */
export function beginPage(p: usize, n: u32, goOn: bool): i32 {
  numbersGoOn = goOn;
  memory.fill(PLACE, 0, 32);
  const e = p + n;
  store<u32>(PLACE, p);
  store<u32>(PLACE, e, 24);
  let groups: i32 = 0;
  while (p < e) {
    const t = uint(p, e);
    if (t == 0) return -1;
    p = next(t);
    if (value(t) != 0x0a) {
      p = skip(value(t), p, e);
      if (p == 0) return -1;
      continue;
    }
    const r = length(p, e);
    if (r == 0) return -1;
    p = next(r) + value(r);
    const behind = behindLogs(next(r), p);
    if (behind == 0) return -1;
    if (<u32>groups < MOST_KNOWN) store<u32>(BEHIND_LOGS + groups * 4, behind);
    groups++;
  }
  return groups;
}

/** Goes on where the place says, in a page that was begun before. False: a region is too small. */
export function resumePage(goOn: bool): bool {
  numbersGoOn = goOn;
  memory.fill(BEHIND_LOGS, 0, MOST_KNOWN * 4); // another page may have been begun since
  const start = load<u32>(PLACE, 8);
  return start == 0 || openGroup(start, load<u32>(PLACE, 12), load<u32>(PLACE, 16) - 1);
}

/**
 * Writes the page's next events behind the `events` of so many bytes that the batch has, until it has
 * `maxBytes` or `maxEvents`, and says why it stopped. A first event is written however large it is.
 */
export function fillBatch(
  bytes: u32,
  events: u32,
  maxBytes: u32,
  maxEvents: u32,
  maxEventBytes: u32,
): u32 {
  batchBytes = bytes;
  batchEvents = events;
  loneBytes = 0;
  oddTimes = 0;
  const limit = <u64>eventsAt + eventsCapacity;
  while (true) {
    let p: usize = load<u32>(PLACE, 4);
    const groupEnd: usize = load<u32>(PLACE, 12);
    while (p < groupEnd) {
      const t = uint(p, groupEnd);
      if (value(t) != 0x0a) {
        p = skip(value(t), next(t), groupEnd);
        continue;
      }
      const r = length(next(t), groupEnd);
      const log = next(r);
      const end = log + value(r);
      const o = eventsAt + batchBytes;
      const room = eventRoom(value(r));
      if (room == 0) return stopAt(p, NEEDS_ROOM);
      if (<u64>o + room > limit) {
        needEvents(batchBytes + room);
        return stopAt(p, NEEDS_ROOM);
      }
      const number = load<u32>(PLACE, 20);
      let q = likeBefore(log, end, number, o);
      let why = OVERSIZE;
      if (q == 0) {
        if (readLog(log, end)) {
          q = generalLog(log, end, number, o);
          if (q == 0) return stopAt(p, NEEDS_ROOM);
        } else {
          q = malformedLog(log, end, number, o);
          why = MALFORMED;
        }
      }
      const size = <u32>(q - o);
      if (why == MALFORMED || size > maxEventBytes) {
        loneBytes = size;
        if (wroteOddTime()) oddTimes++;
        store<u32>(PLACE, number + 1, 20);
        return stopAt(end, why);
      }
      // It no longer fits: it is written again into the next batch.
      if (size > maxBytes - min(batchBytes, maxBytes) && batchEvents != 0) {
        return stopAt(p, FULL);
      }
      store<u32>(PLACE, number + 1, 20);
      batchBytes += size;
      if (wroteOddTime()) oddTimes++;
      store<u32>(endsAt + batchEvents * 4, batchBytes);
      batchEvents++;
      p = end;
      if (batchEvents >= maxEvents || batchBytes >= maxBytes) return stopAt(p, FULL);
    }
    const opened = openNextGroup();
    if (opened != FULL) return opened;
  }
}

function stopAt(p: usize, why: u32): u32 {
  store<u32>(PLACE, p, 4);
  return why;
}

/** Opens the next log group. Returns FULL when there is one to go on with, PAGE_END or NEEDS_ROOM. */
function openNextGroup(): u32 {
  const e: usize = load<u32>(PLACE, 24);
  let p: usize = load<u32>(PLACE);
  while (p < e) {
    const t = uint(p, e);
    if (value(t) != 0x0a) {
      p = skip(value(t), next(t), e);
      continue;
    }
    const r = length(next(t), e);
    const start = next(r);
    const end = start + value(r);
    const number = load<u32>(PLACE, 16);
    const behind: usize = number < MOST_KNOWN ? load<u32>(BEHIND_LOGS + number * 4) : 0;
    if (!openGroup(behind != 0 ? behind : start, end, number)) return stopAt(load<u32>(PLACE, 12), NEEDS_ROOM);
    store<u32>(PLACE, end);
    store<u32>(PLACE, start, 4);
    store<u32>(PLACE, start, 8);
    store<u32>(PLACE, end, 12);
    store<u32>(PLACE, number + 1, 16);
    if (!numbersGoOn) store<u32>(PLACE, 0, 20);
    return FULL;
  }
  stopAt(load<u32>(PLACE, 12), PAGE_END);
  store<u32>(PLACE, e);
  return PAGE_END;
}
