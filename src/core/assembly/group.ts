// What all logs of one log group share, written once. In the page, topic, source and tags come after the logs.

import { addMember, memberCount, memberValue, memberValueLength, openMembers } from "./json_object";
import { writtenKey, writtenKeyLength } from "./json_object";
import { fitsGroup, groupAt } from "./regions";
import {
  asText,
  cursorAt,
  cursorCounts,
  cursorLength,
  expandEntry,
  hostAt,
  hostLength,
  idAt,
  idLength,
  metadataAt,
  metadataLength,
  rulesAt,
} from "./mapping";
import {
  beginEnvelope,
  drops,
  envelopeParts,
  expandOf,
  fieldParts,
  partsRoom,
  setGroup,
  setTags,
  valueSet,
  writeParts,
} from "./routes";
import { escape } from "./text";
import {
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
} from "./wire";

const TOPIC_KEY = memory.data<u8>([95, 95, 116, 111, 112, 105, 99, 95, 95]); // __topic__
const SOURCE_KEY = memory.data<u8>([95, 95, 115, 111, 117, 114, 99, 101, 95, 95]); // __source__
const TAG_PREFIX = memory.data<u8>([95, 95, 116, 97, 103, 95, 95, 58]); // __tag__:
const HOST_START = memory.data<u8>([44, 34, 104, 111, 115, 116, 34, 58, 34]); // ,"host":"
const ID_END = memory.data<u8>([34, 125]); // "}
const FIELDS_START = memory.data<u8>([44, 34, 102, 105, 101, 108, 100, 115, 34, 58, 123]); // ,"fields":{
const EVENT_START = memory.data<u8>([44, 34, 101, 118, 101, 110, 116, 34, 58]); // ,"event":

let topicAt: usize = 0;
let topicLength: u32 = 0;
let sourceAt: usize = 0;
let sourceLength: u32 = 0;
/** The group's tags in the page: key, its length, value, its length. */
const TAG: u32 = 16;
let tagsAt: usize = 0;
let tagCount: u32 = 0;
let tagBytes: u32 = 0;

/** From `,"host":` to the log's number, or to the event when there is no event id. */
export let envelopeAt: usize = 0;
export let envelopeLength: u32 = 0;
/** The end of the event id, `,"event":` and the quote of a text. */
export let startAt: usize = 0;
export let startLength: u32 = 0;
/** `{` and the written members of the group, adjacent to it. */
export let bodyLength: u32 = 0;
/** The mapping's entry for the group's topic, or 0. */
export let expandsAt: usize = 0;

/**
 * Position of the first field of the group at [p, e) that is not a log, or e; 0 when the group is malformed outside of
 * its logs. Each log costs a cache miss here; `openGroup` then skips them.
 */
export function groupTrailer(p: usize, e: usize): usize {
  let behind: usize = 0;
  while (p < e) {
    const t = uint(p, e);
    if (t == 0) return 0;
    const tag = value(t);
    if (tag == 0x0a || tag == 0x32) {
      if (tag == 0x32 && behind == 0) behind = p;
      const r = length(next(t), e);
      if (r == 0) return 0;
      p = next(r) + value(r);
      if (tag == 0x32 && !readPair(next(r), p)) return 0;
    } else {
      if (behind == 0) behind = p;
      p = skip(tag, next(t), e);
      if (p == 0) return 0;
    }
  }
  return behind == 0 ? e : behind;
}

/** A region is too small. */
export const TOO_SMALL: u32 = 0;
export const OPENED: u32 = 1;
/** The logs of the group are dropped. */
export const DROPPED: u32 = 2;

/**
 * Writes what the logs of a group share. The group is well formed; [p, e) is what follows its first logs, and `number`
 * counts groups in the page.
 */
export function openGroup(p: usize, e: usize, number: u32): u32 {
  skim(p, e);
  const tagRoom = <u64>tagCount * TAG;
  const text = <u64>topicLength + <u64>sourceLength * 2 + <u64>tagBytes;
  const route = <u64>hostLength + <u64>metadataLength + <u64>idLength + <u64>cursorLength;
  const parts = rulesAt == 0 ? 0 : partsRoom(rulesAt, text);
  if (!fitsGroup(tagRoom + text * 6 + <u64>tagCount * 16 + route + parts + 256)) return TOO_SMALL;
  readTags(p, e);
  let set: usize = 0;
  if (rulesAt != 0) {
    setGroup(topicAt, topicLength, sourceAt, sourceLength);
    setTags(tagsAt, tagCount);
    set = valueSet(rulesAt);
    if (drops(set)) return DROPPED;
  }
  if (!openMembers(tagCount + 2, tagBytes)) return TOO_SMALL;
  addGroupMembers();
  if (set == 0) writeEnvelope(tagsAt + <usize>tagRoom, number);
  else writeEnvelopeOf(set, tagsAt + <usize>tagRoom, number);
  writeBody();
  const ownExpands = set == 0 ? 0 : expandOf(set);
  expandsAt = ownExpands != 0 ? ownExpands : expandEntry(topicAt, topicLength);
  return OPENED;
}

function skim(p: usize, e: usize): void {
  topicAt = sourceAt = p;
  topicLength = sourceLength = tagCount = tagBytes = 0;
  while (p < e) {
    const t = uint(p, e);
    const tag = value(t);
    p = next(t);
    if (tag == 0x1a || tag == 0x22 || tag == 0x32) {
      const r = length(p, e);
      p = next(r);
      if (tag == 0x1a) {
        topicAt = p;
        topicLength = value(r);
      } else if (tag == 0x22) {
        sourceAt = p;
        sourceLength = value(r);
      } else {
        tagCount++;
        tagBytes += value(r);
      }
      p += value(r);
    } else p = skip(tag, p, e);
  }
}

function readTags(p: usize, e: usize): void {
  tagsAt = groupAt;
  let o = tagsAt;
  while (p < e) {
    const t = uint(p, e);
    p = next(t);
    if (value(t) != 0x32) {
      p = skip(value(t), p, e);
      continue;
    }
    const r = length(p, e);
    p = next(r) + value(r);
    readPair(next(r), p);
    store<u32>(o, keyAt);
    store<u32>(o, keyLength, 4);
    store<u32>(o, valueAt, 8);
    store<u32>(o, valueLength, 12);
    o += TAG;
  }
}

/** Most members of the group, and the bytes of their keys: for `openMembers`. */
export function groupMemberCount(): u32 {
  return tagCount + 2;
}

export function groupKeyBytes(): u32 {
  return tagBytes;
}

/** Adds the group's members to the open object. */
export function addGroupMembers(): void {
  addMember(0, 0, TOPIC_KEY, 9, topicAt, topicLength, false);
  addMember(0, 0, SOURCE_KEY, 10, sourceAt, sourceLength, false);
  for (let i: u32 = 0; i < tagCount; i++) {
    const t = tagsAt + i * TAG;
    const key = load<u32>(t);
    const at = load<u32>(t, 8);
    addMember(TAG_PREFIX, 8, key, load<u32>(t, 4), at, load<u32>(t, 12), false);
  }
}

/** Whether a content's key starts like the keys that come from the log group. */
export function isGroupKey(p: usize, n: u32): bool {
  return (n >= 8 && memory.compare(p, TAG_PREFIX, 8) == 0) ||
    (n >= 9 && memory.compare(p, TOPIC_KEY, 9) == 0) ||
    (n >= 10 && memory.compare(p, SOURCE_KEY, 10) == 0);
}

function copy(p: usize, n: u32, o: usize): usize {
  memory.copy(o, p, n);
  return o + n;
}

function writeEnvelope(o: usize, number: u32): void {
  envelopeAt = o;
  if (hostLength != 0) o = copy(hostAt, hostLength, o);
  else if (sourceLength != 0) { // an empty host would override the token's own
    o = copy(HOST_START, 9, o);
    o = escape(sourceAt, sourceAt + sourceLength, o);
    store<u8>(o++, 0x22);
  }
  o = copy(metadataAt, metadataLength, o);
  if (idLength != 0) o = writeId(number, o);
  envelopeLength = <u32>(o - envelopeAt);
  startAt = o;
  if (idLength != 0) o = copy(ID_END, 2, o);
  writeEventStart(o);
}

/** As `writeEnvelope`, with the values of a set. */
function writeEnvelopeOf(set: usize, o: usize, number: u32): void {
  beginEnvelope();
  envelopeAt = o;
  o = writeParts(envelopeParts(set), o);
  const fields = fieldParts(set);
  if (idLength != 0) o = writeId(number, o);
  else o = writeFields(fields, o);
  envelopeLength = <u32>(o - envelopeAt);
  startAt = o;
  if (idLength != 0) { // the fields follow the id
    store<u8>(o++, 0x22);
    o = writeParts(fields, o);
    store<u8>(o++, 0x7d);
  }
  writeEventStart(o);
}

/** The fields of events without an id; nothing when all are empty. */
function writeFields(fields: usize, o: usize): usize {
  const members = o + 10; // their first comma becomes the brace
  const end = writeParts(fields, members);
  if (end == members) return o;
  copy(FIELDS_START, 11, o);
  store<u8>(end, 0x7d);
  return end + 1;
}

function writeId(number: u32, o: usize): usize {
  o = copy(idAt, idLength, o);
  o = writeCursor(number, o);
  store<u8>(o++, 0x23);
  return o;
}

function writeEventStart(o: usize): void {
  o = copy(EVENT_START, 9, o);
  if (asText) store<u8>(o++, 0x22);
  startLength = <u32>(o - startAt);
}

/** The group's cursor: decimal digits, `number` more than those of the first group. */
function writeCursor(number: u32, o: usize): usize {
  if (!cursorCounts) return copy(cursorAt, cursorLength, o);
  store<u8>(o, 0x30); // room for a carry
  const end = copy(cursorAt, cursorLength, o + 1);
  let carry: u32 = number;
  for (let p = end; carry != 0 && p > o; p--) {
    const sum = load<u8>(p - 1) - 48 + carry % 10;
    carry = carry / 10 + (sum > 9 ? 1 : 0);
    store<u8>(p - 1, <u8>(48 + sum % 10));
  }
  // Skip leading zeros.
  let first = o;
  while (first + 1 < end && load<u8>(first) == 0x30) first++;
  memory.copy(o, first, end - first);
  return o + (end - first);
}

function writeBody(): void {
  const start = startAt + startLength;
  let o = start;
  for (let i: u32 = 0; i < memberCount; i++) {
    store<u8>(o++, i == 0 ? 0x7b : 0x2c);
    o = copy(writtenKey(i), writtenKeyLength(i), o);
    store<u8>(o++, 0x22);
    o = escape(memberValue(i), memberValue(i) + memberValueLength(i), o);
    store<u8>(o++, 0x22);
  }
  bodyLength = <u32>(o - start);
}
