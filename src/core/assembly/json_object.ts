// The members of one JSON object, with unique keys: a later value replaces an earlier one and the key keeps its
// position, as in the vendor's Python flattening.
//
// Keys are compared as written, so two keys whose invalid bytes both became U+FFFD are equal.

import { escape } from "./text";
import { fitsMembers, membersAt } from "./regions";

// An entry: written key, its length (quotes and colon included), value, its length, whether it comes from a content.
const ENTRY: u32 = 20;
const FREE: u32 = 0xffffffff;

let entries: usize = 0;
let table: usize = 0;
let mask: u32 = 0;
let keysEnd: usize = 0;
export let memberCount: u32 = 0;

/**
 * Random seeds of the hash. The keys come from outside: with known seeds, keys could be chosen that all collide in one
 * slot of the table, and one log would take minutes.
 */
let hashStart: u32 = 1;
let hashFactor: u32 = 1;

export function setSeeds(start: u32, factor: u32): void {
  hashStart = start;
  hashFactor = factor | 1;
}

/** Starts an object with at most this many members and bytes of keys. False: it does not fit. */
export function openMembers(most: u32, keyBytes: u32): bool {
  let slots: u32 = 16;
  while (slots < most * 2) slots *= 2;
  const keyRoom = <u64>keyBytes * 6 + <u64>most * 16 + 64;
  if (!fitsMembers(<u64>most * ENTRY + <u64>slots * 4 + keyRoom)) return false;
  entries = membersAt;
  table = entries + most * ENTRY;
  keysEnd = table + slots * 4;
  mask = slots - 1;
  memberCount = 0;
  memory.fill(table, 0xff, slots * 4);
  return true;
}

/** Adds a member, or replaces the value of the one with the same key. `prefix` needs no escape. */
export function addMember(
  prefix: usize,
  prefixLength: u32,
  key: usize,
  keyLength: u32,
  value: usize,
  valueLength: u32,
  isContent: bool,
): void {
  const start = keysEnd;
  let o = start;
  store<u8>(o++, 0x22);
  memory.copy(o, prefix, prefixLength);
  o = escape(key, key + keyLength, o + prefixLength);
  store<u16>(o, 0x3a22);
  o += 2;
  const length = <u32>(o - start);
  const slot = find(start, length);
  let member = load<u32>(slot);
  if (member == FREE) {
    member = memberCount++;
    store<u32>(slot, member);
    keysEnd = o;
    store<u32>(entries + member * ENTRY, start);
    store<u32>(entries + member * ENTRY, length, 4);
  }
  const entry = entries + member * ENTRY;
  store<u32>(entry, value, 8);
  store<u32>(entry, valueLength, 12);
  store<u32>(entry, isContent ? 1 : 0, 16);
}

/** The slot of a written key, or the free one where it belongs. */
function find(key: usize, length: u32): usize {
  let hash = hashStart;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(key + i)) * hashFactor;
  let slot = (hash ^ (hash >> 15)) & mask;
  for (;; slot = (slot + 1) & mask) {
    const member = load<u32>(table + slot * 4);
    if (member == FREE) break;
    const entry = entries + member * ENTRY;
    if (load<u32>(entry, 4) == length && memory.compare(load<u32>(entry), key, length) == 0) break;
  }
  return table + slot * 4;
}

/** Address of the written key, `"key":`. */
export function writtenKey(member: u32): usize {
  return load<u32>(entries + member * ENTRY);
}

export function writtenKeyLength(member: u32): u32 {
  return load<u32>(entries + member * ENTRY, 4);
}

export function memberValue(member: u32): usize {
  return load<u32>(entries + member * ENTRY, 8);
}

export function memberValueLength(member: u32): u32 {
  return load<u32>(entries + member * ENTRY, 12);
}

/** Whether the value comes from the log, and not from its group. */
export function isContent(member: u32): bool {
  return load<u32>(entries + member * ENTRY, 16) != 0;
}
