// Which values the events of a log group have: of the first route that it matches, else the source's own. Used only by
// sources with routes, templates or constant fields; the others have their values ready in the mapping.
//
// The table, as `event_rules.ts` writes it; all numbers are u32, little-endian:
//   texts that a group fills in, at most, of one value set | bytes of the largest value set | number of routes
//   | routes | the value set of the groups that no route matches
// A route: its length | number of topics, or ANY | topics | number of tags | tags | value set
//   a topic, or the value of a tag: length | bytes, of which each `*` stands for any text
//   a tag: length of its name | name | number of values | values
// A value set: 1 if logs are dropped, else 0 | length of the entry of keys to expand, 0 for the topic's own | entry
//   | length of the envelope's parts | parts | length of the fields' parts | parts
// A part begins with what it is, a byte: see below.

import { escape } from "./text";

const ANY: u32 = 0xffffffff;

/** Bytes that are ready: length | bytes. */
const LITERAL: u8 = 1;
/** The group's topic; its source address; a tag of it: length of the name | name. */
const TOPIC: u8 = 2;
const SOURCE: u8 = 3;
const TAG: u8 = 4;
/** The start of a member, `,"key":"`, as a literal. The member is taken back when its text comes out empty. */
const MEMBER: u8 = 5;
/** The end of a member. */
const END: u8 = 6;
/** The end of the member `index`; when no index can have that name, this is there in its place: length | bytes. */
const END_INDEX: u8 = 7;

const KVSTORE = memory.data<u8>([107, 118, 115, 116, 111, 114, 101]);

/** Whether an index that no index can be was replaced, in the envelope written last. */
export let replacedIndex: bool = false;

// The open group.
let topicAt: usize = 0;
let topicLength: u32 = 0;
let sourceAt: usize = 0;
let sourceLength: u32 = 0;
let tagsAt: usize = 0;
let tagCount: u32 = 0;

/** Bytes that `writeParts` takes at most, for a group whose topic, source and tags have so many together. */
export function partsRoom(rules: usize, text: u64): u64 {
  return <u64>load<u32>(rules) * text * 6 + <u64>load<u32>(rules, 4) + 64;
}

/** Sets the group's topic and source address. */
export function setGroup(topic: usize, topicBytes: u32, source: usize, sourceBytes: u32): void {
  topicAt = topic;
  topicLength = topicBytes;
  sourceAt = source;
  sourceLength = sourceBytes;
}

/** Sets the group's tags, entries of 16 bytes: key, its length, value, its length. */
export function setTags(at: usize, count: u32): void {
  tagsAt = at;
  tagCount = count;
}

/** The value set of the open group. */
export function valueSet(rules: usize): usize {
  let p = rules + 12;
  for (let left = load<u32>(rules, 8); left != 0; left--) {
    const set = matchingSet(p + 4);
    if (set != 0) return set;
    p += load<u32>(p);
  }
  return p;
}

/** Whether the logs of a value set are dropped. */
export function drops(set: usize): bool {
  return load<u32>(set) != 0;
}

/** The entry of keys to expand; 0 when the group's topic decides. */
export function expandOf(set: usize): usize {
  return load<u32>(set, 4) == 0 ? 0 : set + 8;
}

/** Where the parts of the envelope are, behind their length. */
export function envelopeParts(set: usize): usize {
  return set + 8 + load<u32>(set, 4);
}

/** Where the parts of the fields are, behind their length. */
export function fieldParts(set: usize): usize {
  const envelope = envelopeParts(set);
  return envelope + 4 + load<u32>(envelope);
}

/** The value set of the route whose conditions begin at p, if the group matches them; else 0. */
function matchingSet(p: usize): usize {
  let matches = true;
  let count = load<u32>(p);
  p += 4;
  if (count != ANY) {
    matches = matchesOne(p, count, topicAt, topicLength);
    p = behindTexts(p, count);
  }
  count = load<u32>(p);
  p += 4;
  for (; count != 0; count--) {
    const tag = findTag(p + 4, load<u32>(p));
    p += 4 + load<u32>(p);
    const values = load<u32>(p);
    p += 4;
    if (tag == 0 || !matchesOne(p, values, load<u32>(tag, 8), load<u32>(tag, 12))) matches = false;
    p = behindTexts(p, values);
  }
  return matches ? p : 0;
}

function behindTexts(p: usize, count: u32): usize {
  for (; count != 0; count--) p += 4 + load<u32>(p);
  return p;
}

function matchesOne(p: usize, count: u32, at: usize, n: u32): bool {
  for (; count != 0; count--) {
    if (matches(p + 4, load<u32>(p), at, n)) return true;
    p += 4 + load<u32>(p);
  }
  return false;
}

/** Whether the text at `at` is the pattern at p, of which each `*` stands for any text. */
function matches(p: usize, patternLength: u32, at: usize, n: u32): bool {
  const patternEnd = p + patternLength;
  const e = at + n;
  let star: usize = 0;
  let from: usize = 0;
  while (at < e) {
    if (p < patternEnd && load<u8>(p) == 0x2a) {
      star = ++p;
      from = at;
    } else if (p < patternEnd && load<u8>(p) == load<u8>(at)) {
      p++;
      at++;
    } else if (star != 0) { // the last `*` stands for one byte more
      p = star;
      at = ++from;
    } else return false;
  }
  while (p < patternEnd && load<u8>(p) == 0x2a) p++;
  return p == patternEnd;
}

/** The entry of a tag, the last of that name, as in the event; 0 for none. */
function findTag(name: usize, n: u32): usize {
  for (let i = tagCount; i != 0; i--) {
    const tag = tagsAt + (i - 1) * 16;
    if (load<u32>(tag, 4) == n && memory.compare(load<u32>(tag), name, n) == 0) return tag;
  }
  return 0;
}

/** Writes the parts at p, behind their length; returns the new o. */
export function writeParts(p: usize, o: usize): usize {
  const e = p + 4 + load<u32>(p);
  p += 4;
  let member: usize = 0;
  let text: usize = 0;
  while (p < e) {
    const part = load<u8>(p++);
    if (part == TOPIC) o = escape(topicAt, topicAt + topicLength, o);
    else if (part == SOURCE) o = escape(sourceAt, sourceAt + sourceLength, o);
    else if (part == END) o = endMember(member, text, o);
    else {
      const n = load<u32>(p);
      p += 4;
      if (part == TAG) {
        const tag = findTag(p, n);
        if (tag != 0) {
          const value = <usize>load<u32>(tag, 8);
          o = escape(value, value + load<u32>(tag, 12), o);
        }
      } else if (part == END_INDEX) {
        if (o != text && !isIndexName(text, o)) {
          replacedIndex = true;
          memory.copy(text, p, n);
          o = text + n;
        }
        o = endMember(member, text, o);
      } else {
        if (part == MEMBER) member = o;
        memory.copy(o, p, n);
        o += n;
        if (part == MEMBER) text = o;
      }
      p += n;
    }
  }
  return o;
}

function endMember(member: usize, text: usize, o: usize): usize {
  if (o == text) return member;
  store<u8>(o, 0x22);
  return o + 1;
}

/** Forgets an index that was replaced. */
export function beginEnvelope(): void {
  replacedIndex = false;
}

/** Whether an index can have the name [p, e): see INDEX_NAME in `src/config/warnings.ts`. */
function isIndexName(p: usize, e: usize): bool {
  const first = load<u8>(p);
  if (first == 0x5f || first == 0x2d) return false;
  for (let q = p; q < e; q++) {
    const c = load<u8>(q);
    const plain = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c == 0x5f || c == 0x2d;
    if (!plain) return false;
    if (c == 0x6b && q + 7 <= e && memory.compare(q, KVSTORE, 7) == 0) return false;
  }
  return true;
}
