// Huffman codes of limited length.

const SORTED = memory.data(320 * 8);
const TREE = memory.data(320 * 4);
const COUNTS = memory.data(40 * 4);
const FIRST = memory.data(20 * 4);

// @ts-ignore: decorator
@inline
function at(table: usize, i: u32): u32 {
  return load<u32>(table + (i << 2));
}

// @ts-ignore: decorator
@inline
function put(table: usize, i: u32, value: u32): void {
  store<u32>(table + (i << 2), value);
}

/** Writes the code length, at most `limit`, of each of n symbols (at least 2) from their counts (u32, all above 0). */
export function codeLengths(counts: usize, lengths: usize, n: u32, limit: u32): void {
  sort(counts, n);
  depths(n);
  memory.fill(COUNTS, 0, 40 * 4);
  for (let i: u32 = 0; i < n; i++) {
    const depth = min(at(TREE, i), limit); // lengths that are cut here are balanced below
    put(COUNTS, depth, at(COUNTS, depth) + 1);
  }
  shorten(limit);
  // The most frequent symbols get the shortest codes.
  let i = n;
  for (let length: u32 = 1; length <= limit; length++) {
    for (let left = at(COUNTS, length); left > 0; left--) {
      i--;
      store<u8>(lengths + <u32>(load<u64>(SORTED + i * 8) & 0xffff), <u8>length);
    }
  }
}

/** Shell sort, ascending: count << 16 | symbol. */
function sort(counts: usize, n: u32): void {
  for (let i: u32 = 0; i < n; i++) store<u64>(SORTED + i * 8, (<u64>at(counts, i) << 16) | i);
  for (let gap = n >> 1; gap > 0; gap = gap == 2 ? 1 : <u32>(<f32>gap / 2.2)) {
    for (let i = gap; i < n; i++) {
      const moved = load<u64>(SORTED + i * 8);
      let j = i;
      for (; j >= gap && load<u64>(SORTED + (j - gap) * 8) > moved; j -= gap) {
        store<u64>(SORTED + j * 8, load<u64>(SORTED + (j - gap) * 8));
      }
      store<u64>(SORTED + j * 8, moved);
    }
  }
}

/** Depth of each sorted symbol in the Huffman tree, in place (Moffat and Katajainen). */
function depths(n: u32): void {
  for (let i: u32 = 0; i < n; i++) put(TREE, i, <u32>(load<u64>(SORTED + i * 8) >> 16));
  put(TREE, 0, at(TREE, 0) + at(TREE, 1));
  let root: u32 = 0;
  let leaf: u32 = 2;
  for (let next: u32 = 1; next < n - 1; next++) {
    let sum: u32 = 0;
    for (let side = 0; side < 2; side++) {
      const inner = root < next && (leaf >= n || at(TREE, root) < at(TREE, leaf));
      if (inner) {
        sum += at(TREE, root);
        put(TREE, root++, next);
      } else sum += at(TREE, leaf++);
    }
    put(TREE, next, sum);
  }
  put(TREE, n - 2, 0);
  for (let i = <i32>n - 3; i >= 0; i--) put(TREE, i, at(TREE, at(TREE, i)) + 1);
  let free: u32 = 1;
  let used: u32 = 0;
  let depth: u32 = 0;
  let inner = <i32>n - 2;
  let next = <i32>n - 1;
  while (free > 0) {
    while (inner >= 0 && at(TREE, inner) == depth) {
      used++;
      inner--;
    }
    while (free > used) {
      put(TREE, next--, depth);
      free--;
    }
    free = 2 * used;
    depth++;
    used = 0;
  }
}

/** Lengthens and shortens codes until those cut to the limit make a complete tree again. */
function shorten(limit: u32): void {
  let total: u32 = 0;
  for (let length = limit; length > 0; length--) total += at(COUNTS, length) << (limit - length);
  for (; total != 1 << limit; total--) {
    put(COUNTS, limit, at(COUNTS, limit) - 1);
    for (let length = limit - 1; length > 0; length--) {
      if (at(COUNTS, length) == 0) continue;
      put(COUNTS, length, at(COUNTS, length) - 1);
      put(COUNTS, length + 1, at(COUNTS, length + 1) + 2);
      break;
    }
  }
}

/** Writes the code of each symbol, its bits in wire order, | length << 16. */
export function assignCodes(lengths: usize, codes: usize, n: u32): void {
  memory.fill(COUNTS, 0, 20 * 4);
  for (let i: u32 = 0; i < n; i++) {
    const length = <u32>load<u8>(lengths + i);
    put(COUNTS, length, at(COUNTS, length) + 1);
  }
  put(COUNTS, 0, 0);
  let code: u32 = 0;
  for (let length: u32 = 1; length < 16; length++) {
    code = (code + at(COUNTS, length - 1)) << 1;
    put(FIRST, length, code);
  }
  for (let i: u32 = 0; i < n; i++) {
    const length = <u32>load<u8>(lengths + i);
    let bits = at(FIRST, length);
    put(FIRST, length, bits + 1);
    let reversed: u32 = 0;
    for (let k: u32 = 0; k < length; k++) {
      reversed = (reversed << 1) | (bits & 1);
      bits >>= 1;
    }
    put(codes, i, reversed | (length << 16));
  }
}
