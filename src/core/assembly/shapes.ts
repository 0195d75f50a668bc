// The key sequences of the logs seen lately, as a tree: logs whose keys are the same up to a place share
// the way up to there, and optional or alternating keys branch off. A log that follows a way from the
// root needs nothing escaped and no search for repeated keys: every way was walked by a whole log whose
// keys did not repeat. Benches "transcode nginx" and "several shapes interleaved".
//
// One node a key, 192 bytes:
//   0 bytes to compare (u8) | 1 bytes to write (u8) | 2 whether the value expands (u8) | 4 first child
//   8 next sibling | 32 what the content must start with, `0a` length key `12` (64) | 96 `,"key":"` (96)

const NODE: u32 = 192;
const MOST_NODES: u32 = 2048;
const NODES = memory.data(2048 * 192);
let nodeCount: u32 = 0;
/** So many ways branch off in one place at most: they are tried one after the other. */
const MOST_BRANCHES: u32 = 32;
const MOST_KEY: u32 = 61;
const MOST_WRITTEN: u32 = 96;

/** Logs whose values expand by other keys have a tree of their own: id of the keys | first node. */
const ROOTS = memory.data(16 * 8);
const MOST_ROOTS: u32 = 16;
let rootCount: u32 = 0;

/** Where the link to the first node is kept for logs that expand by the keys `id`. */
export function rootOf(id: u32): usize {
  for (let i: u32 = 0; i < rootCount; i++) {
    if (load<u32>(ROOTS + i * 8) == id) return ROOTS + i * 8 + 4;
  }
  if (rootCount == MOST_ROOTS) forget();
  const root = ROOTS + rootCount++ * 8;
  store<u32>(root, id);
  store<u32>(root, 0, 4);
  return root + 4;
}

/** Forgets all ways; the next logs make them anew. */
export function forget(): void {
  nodeCount = rootCount = 0;
}

/** Whether such a key can be part of a way. */
export function canFollow(keyLength: u32, writtenLength: u32): bool {
  return keyLength <= MOST_KEY && writtenLength + 2 <= MOST_WRITTEN;
}

/**
 * The node for a key behind `link`: the one that is there, or a new one. 0 when there is no room for it;
 * then all is to be forgotten. `written` is `"key":`.
 */
export function follow(
  link: usize,
  key: usize,
  keyLength: u32,
  written: usize,
  writtenLength: u32,
  expands: bool,
): usize {
  let branches: u32 = 0;
  while (load<u32>(link) != 0) {
    const node: usize = load<u32>(link);
    const sameLength = <u32>load<u8>(node) == keyLength + 3;
    if (sameLength && memory.compare(node + 34, key, keyLength) == 0) return node;
    link = node + 8;
    branches++;
  }
  if (nodeCount == MOST_NODES || branches >= MOST_BRANCHES) return 0;
  const node = NODES + nodeCount++ * NODE;
  memory.fill(node, 0, NODE);
  store<u32>(link, node);
  store<u8>(node, <u8>(keyLength + 3));
  store<u8>(node, <u8>(writtenLength + 2), 1);
  store<u8>(node, expands ? 1 : 0, 2);
  store<u8>(node, 0x0a, 32);
  store<u8>(node, <u8>keyLength, 33);
  memory.copy(node + 34, key, keyLength);
  store<u8>(node + 34 + keyLength, 0x12);
  store<u8>(node, 0x2c, 96);
  memory.copy(node + 97, written, writtenLength);
  store<u8>(node + 97 + writtenLength, 0x22);
  return node;
}

/** Where the link to the node's first child is kept. */
// @ts-ignore: decorator
@inline
export function childrenOf(node: usize): usize {
  return node + 4;
}

/** Where `,"key":"` lies. */
// @ts-ignore: decorator
@inline
export function writtenAt(node: usize): usize {
  return node + 96;
}

/** The node behind `link` whose key the content at p has, of which `left` bytes are there; else 0. */
// @ts-ignore: decorator
@inline
export function match(link: usize, p: usize, left: u32): usize {
  for (let node: usize = load<u32>(link); node != 0; node = load<u32>(node, 8)) {
    const n: u32 = load<u8>(node);
    if (n >= left) continue; // at least the value's length comes behind
    let equal: u64 = equals(p, node, 0);
    if (n > 16) {
      equal |= equals(p, node, 16) << 16;
      if (n > 32) equal |= (equals(p, node, 32) << 32) | (equals(p, node, 48) << 48);
    }
    if ((~equal << (64 - n)) == 0) return node;
  }
  return 0;
}

/** A bit for each of 16 bytes that are as expected. */
// @ts-ignore: decorator
@inline
function equals(p: usize, node: usize, at: usize): u64 {
  return <u32>i8x16.bitmask(i8x16.eq(v128.load(p + at), v128.load(node + at, 32)));
}
