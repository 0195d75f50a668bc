// The key sequences of recent logs, as a trie: sequences with the same start share its nodes, and optional or
// alternating keys branch off. For a log that follows a path from the root, no key has to be escaped or compared with
// the others: every path comes from a whole log whose keys were unique. Benches "transcode nginx" and "several shapes
// interleaved".
//
// One node for each key, 192 bytes:
//   0 bytes to compare (u8) | 1 bytes to write (u8) | 2 whether the value expands (u8) | 4 first child
//   8 next sibling | 32 what the content must start with, `0a` length key `12` (64) | 96 `,"key":"` (96)

const NODE: u32 = 192;
const MAX_NODES: u32 = 2048;
const NODES = memory.data(2048 * 192);
let nodeCount: u32 = 0;
/** Most branches of one node: they are tried one after the other. */
const MAX_BRANCHES: u32 = 32;
const MAX_KEY: u32 = 61;
const MAX_WRITTEN: u32 = 96;

/** Logs with other keys to expand have their own trie: id of the keys | first node. */
const ROOTS = memory.data(16 * 8);
const MAX_ROOTS: u32 = 16;
let rootCount: u32 = 0;

/** Address of the link to the first node, for logs that expand the keys `id`. */
export function rootOf(id: u32): usize {
  for (let i: u32 = 0; i < rootCount; i++) {
    if (load<u32>(ROOTS + i * 8) == id) return ROOTS + i * 8 + 4;
  }
  if (rootCount == MAX_ROOTS) forget();
  const root = ROOTS + rootCount++ * 8;
  store<u32>(root, id);
  store<u32>(root, 0, 4);
  return root + 4;
}

/** Empties the trie; the next logs fill it again. */
export function forget(): void {
  nodeCount = rootCount = 0;
}

/** Whether such a key can have a node. */
export function canFollow(keyLength: u32, writtenLength: u32): bool {
  return keyLength <= MAX_KEY && writtenLength + 2 <= MAX_WRITTEN;
}

/**
 * The node for a key at `link`: the existing one, or a new one. 0 when there is no room; then the trie must be emptied.
 * `written` is `"key":`.
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
  if (nodeCount == MAX_NODES || branches >= MAX_BRANCHES) return 0;
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

/** Address of the link to the node's first child. */
// @ts-ignore: decorator
@inline
export function childrenOf(node: usize): usize {
  return node + 4;
}

/** Address of `,"key":"`. */
// @ts-ignore: decorator
@inline
export function writtenAt(node: usize): usize {
  return node + 96;
}

/** The node at `link` with the key of the content at p, of which `left` bytes exist; otherwise 0. */
// @ts-ignore: decorator
@inline
export function match(link: usize, p: usize, left: u32): usize {
  for (let node: usize = load<u32>(link); node != 0; node = load<u32>(node, 8)) {
    const n: u32 = load<u8>(node);
    if (n >= left) continue; // at least the value's length follows
    let equal: u64 = equals(p, node, 0);
    if (n > 16) {
      equal |= equals(p, node, 16) << 16;
      if (n > 32) equal |= (equals(p, node, 32) << 32) | (equals(p, node, 48) << 48);
    }
    if ((~equal << (64 - n)) == 0) return node;
  }
  return 0;
}

/** A bit for each of 16 bytes that matches. */
// @ts-ignore: decorator
@inline
function equals(p: usize, node: usize, at: usize): u64 {
  return <u32>i8x16.bitmask(i8x16.eq(v128.load(p + at), v128.load(node + at, 32)));
}
