// A page: its log groups and their logs, in order.

import { DROPPED, groupTrailer, openGroup, TOO_SMALL } from "./group";
import { replacedIndex } from "./routes";
import { rulesAt } from "./mapping";
import { knownKeysLog } from "./fast_path";
import { eventRoom, generalLog, malformedLog, readLog } from "./log";
import { endsAt, eventsAt, eventsCapacity, needEvents } from "./regions";
import { wroteOddTime } from "./time";
import { length, next, skip, uint, value } from "./wire";

/** The page has no more logs. */
export const PAGE_END: u32 = 0;
/** The batch is full. */
export const FULL: u32 = 1;
/** The event after the batch is too large, and not part of it. */
export const OVERSIZE: u32 = 2;
/** The event after the batch stands for a malformed log, and is not part of it. */
export const MALFORMED: u32 = 3;
/** A region is too small; nothing was read. */
export const NEEDS_ROOM: u32 = 4;

// The position in the page. The host may save these bytes and restore them, to continue a page that was swapped out:
// see `position`.
//   0 after the open group | 4 the next field of the open group | 8 the open group's start | 12 its end
//   16 log groups seen | 20 number of the next log, of the group or of the page | 24 end of the page
const POSITION = memory.data(32);
/** By log group of the page that was begun last: the result of `groupTrailer`; 0 if not known. */
const GROUP_TRAILERS = memory.data(1024 * 4);
const MAX_KNOWN: u32 = 1024;
/** Whether logs are numbered through the page, and not from 0 in each group. */
let numbersGoOn: bool = false;

export let batchBytes: u32 = 0;
export let batchEvents: u32 = 0;
/** Bytes of the event after the batch, which is not part of it. */
export let rejectedBytes: u32 = 0;
/** Written events with an implausible time, including the one after the batch. */
export let oddTimes: u32 = 0;
/** Logs of groups that a route drops; they are read, and no events are written. */
export let droppedLogs: u32 = 0;
/** Written events, including the one after the batch, whose index was replaced. */
export let replacedIndexes: u32 = 0;

export function position(): usize {
  return POSITION;
}

/** Starts the page at [p, p + n). Returns how many log groups it has, or -1 when it is malformed. */
export function beginPage(p: usize, n: u32, goOn: bool): i32 {
  numbersGoOn = goOn;
  memory.fill(POSITION, 0, 32);
  const e = p + n;
  store<u32>(POSITION, p);
  store<u32>(POSITION, e, 24);
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
    const behind = groupTrailer(next(r), p);
    if (behind == 0) return -1;
    if (<u32>groups < MAX_KNOWN) store<u32>(GROUP_TRAILERS + groups * 4, behind);
    groups++;
  }
  return groups;
}

/** Continues a page at its position. False: a region is too small. */
export function resumePage(goOn: bool): bool {
  numbersGoOn = goOn;
  memory.fill(GROUP_TRAILERS, 0, MAX_KNOWN * 4); // another page may have been begun since
  const start = load<u32>(POSITION, 8);
  return start == 0 || openGroup(start, load<u32>(POSITION, 12), load<u32>(POSITION, 16) - 1) != TOO_SMALL;
}

/**
 * Writes the page's next events after the `events` that the batch has, until it has `maxBytes` or `maxEvents`, and
 * returns why it stopped. A first event is written however large it is.
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
  rejectedBytes = 0;
  oddTimes = 0;
  droppedLogs = 0;
  replacedIndexes = 0;
  const limit = <u64>eventsAt + eventsCapacity;
  while (true) {
    let p: usize = load<u32>(POSITION, 4);
    const groupEnd: usize = load<u32>(POSITION, 12);
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
      const number = load<u32>(POSITION, 20);
      let q = knownKeysLog(log, end, number, o);
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
        rejectedBytes = size;
        if (wroteOddTime()) oddTimes++;
        countIndex();
        store<u32>(POSITION, number + 1, 20);
        return stopAt(end, why);
      }
      // It does not fit any more: it is written again, into the next batch.
      if (size > maxBytes - min(batchBytes, maxBytes) && batchEvents != 0) {
        return stopAt(p, FULL);
      }
      store<u32>(POSITION, number + 1, 20);
      batchBytes += size;
      if (wroteOddTime()) oddTimes++;
      countIndex();
      store<u32>(endsAt + batchEvents * 4, batchBytes);
      batchEvents++;
      p = end;
      if (batchEvents >= maxEvents || batchBytes >= maxBytes) return stopAt(p, FULL);
    }
    const opened = openNextGroup();
    if (opened != FULL) return opened;
  }
}

// @ts-ignore: decorator
@inline
function countIndex(): void {
  if (rulesAt != 0 && replacedIndex) replacedIndexes++;
}

/** Number of the logs of the group at [p, e), which is well formed outside of them. */
function countLogs(p: usize, e: usize): u32 {
  let count: u32 = 0;
  while (p < e) {
    const t = uint(p, e);
    if (value(t) == 0x0a) count++;
    p = skip(value(t), next(t), e);
  }
  return count;
}

function stopAt(p: usize, why: u32): u32 {
  store<u32>(POSITION, p, 4);
  return why;
}

/** Opens the next log group. Returns FULL when there is one, PAGE_END or NEEDS_ROOM. */
function openNextGroup(): u32 {
  const e: usize = load<u32>(POSITION, 24);
  let p: usize = load<u32>(POSITION);
  while (p < e) {
    const t = uint(p, e);
    if (value(t) != 0x0a) {
      p = skip(value(t), next(t), e);
      continue;
    }
    const r = length(next(t), e);
    const start = next(r);
    const end = start + value(r);
    const number = load<u32>(POSITION, 16);
    const behind: usize = number < MAX_KNOWN ? load<u32>(GROUP_TRAILERS + number * 4) : 0;
    const opened = openGroup(behind != 0 ? behind : start, end, number);
    if (opened == TOO_SMALL) return stopAt(load<u32>(POSITION, 12), NEEDS_ROOM);
    if (opened == DROPPED) {
      const logs = countLogs(start, end);
      droppedLogs += logs;
      // No group is open; logs keep the numbers that they have without the route.
      store<u32>(POSITION, end);
      store<u32>(POSITION, 0, 4);
      store<u32>(POSITION, 0, 8);
      store<u32>(POSITION, 0, 12);
      store<u32>(POSITION, number + 1, 16);
      store<u32>(POSITION, numbersGoOn ? load<u32>(POSITION, 20) + logs : 0, 20);
      p = end;
      continue;
    }
    store<u32>(POSITION, end);
    store<u32>(POSITION, start, 4);
    store<u32>(POSITION, start, 8);
    store<u32>(POSITION, end, 12);
    store<u32>(POSITION, number + 1, 16);
    if (!numbersGoOn) store<u32>(POSITION, 0, 20);
    return FULL;
  }
  stopAt(load<u32>(POSITION, 12), PAGE_END);
  store<u32>(POSITION, e);
  return PAGE_END;
}
