// One log to one event.
//
// `generalLog` is the specification: any log, any keys. Most logs are written by `knownKeysLog` instead.

import {
  addGroupMembers,
  bodyLength,
  envelopeAt,
  envelopeLength,
  expandsAt,
  groupKeyBytes,
  groupMemberCount,
  isGroupKey,
  startAt,
  startLength,
} from "./group";
import { BROKEN_TEXT, jsonKind, NO_JSON } from "./json";
import {
  addMember,
  isContent,
  memberCount,
  memberValue,
  memberValueLength,
  openMembers,
  writtenKey,
  writtenKeyLength,
} from "./json_object";
import { fitsText, textAt } from "./regions";
import { asText, expandId, expands, idLength } from "./mapping";
import { canFollow, childrenOf, follow, forget, rootOf } from "./key_trie";
import { decimal, escape, hex, put, repair } from "./text";
import { writeTime } from "./time";
import {
  fixed32,
  keyAt,
  keyLength,
  length,
  next,
  readPair,
  skip,
  uint,
  value,
  valueAt,
  valueLength,
  varint,
} from "./wire";

/** Bytes of `,"sls2hec_malformed_log":"`. */
const MALFORMED_KEY = memory.data<u8>([
  44, 34, 115, 108, 115, 50, 104, 101, 99, 95, 109, 97, 108, 102, 111, 114, 109, 101, 100, 95, 108,
  111, 103, 34, 58, 34,
]);

// What `readLog` has read.
let timeSec: u32 = 0;
let timeNs: u32 = 0;
let hasNs: bool = false;
let contentCount: u32 = 0;
let contentKeyBytes: u32 = 0;

/** Most bytes that the event of a log of this size takes. 0: the text region is too small. */
export function eventRoom(bytes: u32): u64 {
  const members = <u64>bytes * 6 + <u64>bodyLength + 128;
  const frame = <u64>envelopeLength + <u64>startLength + 128;
  if (!asText) return members + frame;
  return fitsText(members) ? members * 2 + frame : 0;
}

/** Writes everything up to the event's members; those of a text go to their own region. */
// @ts-ignore: decorator
@inline
function writeHead(number: u32, o: usize): usize {
  o = put(envelopeAt, envelopeLength, o);
  if (idLength != 0) o = decimal(number, o);
  return put(startAt, startLength, o);
}

/** Ends the event whose members end at w; those of a text are copied to o now. */
// @ts-ignore: decorator
@inline
export function writeEnd(w: usize, o: usize): usize {
  if (!asText) {
    store<u16>(w, 0x7d7d);
    return w + 2;
  }
  store<u8>(w++, 0x7d);
  o = escape(textAt, w, o);
  store<u16>(o, 0x7d22);
  return o + 2;
}

/** Writes a value to expand: unchanged if it is JSON, otherwise as a string. */
export function writeExpanded(p: usize, e: usize, o: usize): usize {
  const kind = jsonKind(p, e);
  if (kind == BROKEN_TEXT) return repair(p, e, o);
  if (kind != NO_JSON) return put(p, <u32>(e - p), o);
  store<u8>(o++, 0x22);
  o = escape(p, e, o);
  store<u8>(o, 0x22);
  return o + 1;
}

/** Whether [p, e) is a log; keeps its time and the size of its contents. */
export function readLog(p: usize, e: usize): bool {
  timeSec = timeNs = contentCount = contentKeyBytes = 0;
  hasNs = false;
  while (p < e) {
    const t = uint(p, e);
    if (t == 0) return false;
    const tag = value(t);
    p = next(t);
    if (tag == 0x12) {
      const r = length(p, e);
      if (r == 0) return false;
      p = next(r) + value(r);
      if (!readPair(next(r), p)) return false;
      contentCount++;
      contentKeyBytes += keyLength;
    } else if (tag == 0x08) {
      const r = varint(p, e);
      if (r == 0) return false;
      timeSec = value(r);
      p = next(r);
    } else if (tag == 0x25) {
      const r = fixed32(p, e);
      if (r == 0) return false;
      timeNs = value(r);
      hasNs = true;
      p = next(r);
    } else {
      p = skip(tag, p, e);
      if (p == 0) return false;
    }
  }
  return true;
}

/** Writes the log at [p, e) that `readLog` has read. Returns the new o; 0 if a region is too small. */
export function generalLog(p: usize, e: usize, number: u32, o: usize): usize {
  const groupMembers = groupMemberCount();
  if (!openMembers(groupMembers + contentCount, groupKeyBytes() + contentKeyBytes)) return 0;
  addGroupMembers();
  const ofGroup = memberCount;
  let cacheable = addContents(p, e);
  cacheable = cacheable && memberCount == ofGroup + contentCount;

  o = writeHead(number, writeTime(timeSec, timeNs, hasNs, o));
  let w = asText ? textAt : o;
  for (let i: u32 = 0; i < memberCount; i++) {
    store<u8>(w++, i == 0 ? 0x7b : 0x2c);
    const key = writtenKey(i);
    const keyLength = writtenKeyLength(i);
    w = put(key, keyLength, w);
    const from = memberValue(i);
    const to = from + memberValueLength(i);
    if (isContent(i) && expands(expandsAt, key + 1, keyLength - 3)) w = writeExpanded(from, to, w);
    else {
      store<u8>(w++, 0x22);
      w = escape(from, to, w);
      store<u8>(w++, 0x22);
    }
  }
  if (cacheable) remember(p, e, ofGroup);
  return writeEnd(w, o);
}

/**
 * Adds the log's contents to the members. False when their keys could equal those of a log group: the same keys may
 * be unique in one group and repeated in the next, which has other tags.
 */
function addContents(p: usize, e: usize): bool {
  let free = true;
  while (p < e) {
    const t = uint(p, e);
    p = next(t);
    if (value(t) != 0x12) {
      p = skip(value(t), p, e);
      continue;
    }
    const r = length(p, e);
    p = next(r) + value(r);
    readPair(next(r), p);
    if (isGroupKey(keyAt, keyLength)) free = false;
    addMember(0, 0, keyAt, keyLength, valueAt, valueLength, true);
  }
  return free;
}

/** Adds the log's keys, which are unique, to the trie, for the fast path of later logs. */
function remember(p: usize, e: usize, ofGroup: u32): void {
  for (let i = ofGroup; i < memberCount; i++) {
    // The raw key is not longer than the written one.
    if (!canFollow(writtenKeyLength(i) - 3, writtenKeyLength(i))) return;
  }
  if (!walk(p, e, ofGroup)) {
    forget();
    walk(p, e, ofGroup);
  }
}

function walk(p: usize, e: usize, member: u32): bool {
  let link = rootOf(expandId(expandsAt));
  while (p < e) {
    const t = uint(p, e);
    p = next(t);
    if (value(t) != 0x12) {
      p = skip(value(t), p, e);
      continue;
    }
    const r = length(p, e);
    p = next(r) + value(r);
    readPair(next(r), p);
    const key = writtenKey(member);
    const size = writtenKeyLength(member++);
    const node = follow(link, keyAt, keyLength, key, size, expands(expandsAt, key + 1, size - 3));
    if (node == 0) return false;
    link = childrenOf(node);
  }
  return true;
}

/** Writes an event for a malformed log, with its bytes as hexadecimal digits. Returns the new o. */
export function malformedLog(p: usize, e: usize, number: u32, o: usize): usize {
  o = writeHead(number, writeTime(timeSec, timeNs, hasNs, o));
  let w = put(startAt + startLength, bodyLength, asText ? textAt : o);
  w = put(MALFORMED_KEY, 26, w);
  w = hex(p, e, w);
  store<u8>(w++, 0x22);
  return writeEnd(w, o);
}
