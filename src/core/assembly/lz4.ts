// Raw LZ4 block decoder.
//
// Both ends are checked. Regions have 64 bytes of slack, so that the fast loop may copy 16 bytes at a time past the exact
// end. Bench "lz4".

/**
 * Decodes [src, src + n) to dst, at most cap bytes. Returns the decoded length, or -1 when the block is
 * malformed or does not fit. A cut block can look complete: compare the length with the announced one.
 */
export function lz4(src: usize, n: u32, dst: usize, cap: u32): i32 {
  let i = src;
  let o = dst;
  const iEnd = src + n;
  const oEnd = dst + cap;
  // In the fast loop a short sequence reads at most 1 + 14 + 2 bytes and writes at most 14 + 18.
  const iFast = n > 32 ? iEnd - 32 : src;
  const oFast = cap > 64 ? oEnd - 64 : dst;
  while (i < iFast && o < oFast) {
    const token: u32 = load<u8>(i++);
    let literals = token >> 4;
    if (literals != 15) {
      v128.store(o, v128.load(i));
      i += literals;
      o += literals;
    } else {
      let more: u32;
      do {
        if (i >= iEnd) return -1;
        more = load<u8>(i++);
        literals += more;
      } while (more == 255);
      if (literals > <u32>(iEnd - i) || literals > <u32>(oEnd - o)) return -1;
      const end = o + literals;
      let from = i;
      let to = o;
      while (to < end) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        to += 32;
        from += 32;
      }
      i += literals;
      o = end;
      if (i == iEnd) return <i32>(o - dst);
      if (<u32>(iEnd - i) < 2) return -1;
    }
    const offset: u32 = load<u16>(i);
    i += 2;
    if (offset == 0 || offset > <u32>(o - dst)) return -1;
    let match = o - offset;
    let length = token & 15;
    if (length != 15) {
      length += 4;
      if (offset >= 16) {
        if (length > <u32>(oEnd - o)) return -1;
        v128.store(o, v128.load(match));
        store<u16>(o, load<u16>(match, 16), 16);
        o += length;
        continue;
      }
    } else {
      let more: u32;
      do {
        if (i >= iEnd) return -1;
        more = load<u8>(i++);
        length += more;
      } while (more == 255);
      length += 4;
    }
    if (length > <u32>(oEnd - o)) return -1;
    const end = o + length;
    if (offset >= 16) {
      while (o < end) {
        v128.store(o, v128.load(match));
        v128.store(o, v128.load(match, 16), 16);
        o += 32;
        match += 32;
      }
    } else {
      // Byte by byte: the match overlaps what it writes.
      while (o < end) store<u8>(o++, load<u8>(match++));
    }
    o = end;
  }
  return exactly(i, iEnd, o, oEnd, dst);
}

/** The rest of a block, near the end of input or output: nothing past either is read or written. */
function exactly(i: usize, iEnd: usize, o: usize, oEnd: usize, dst: usize): i32 {
  while (i < iEnd) {
    const token: u32 = load<u8>(i++);
    let literals = token >> 4;
    if (literals == 15) {
      let more: u32;
      do {
        if (i >= iEnd) return -1;
        more = load<u8>(i++);
        literals += more;
      } while (more == 255);
    }
    if (literals > <u32>(iEnd - i) || literals > <u32>(oEnd - o)) return -1;
    for (const end = o + literals; o < end;) store<u8>(o++, load<u8>(i++));
    if (i == iEnd) break; // the last sequence has literals only
    if (<u32>(iEnd - i) < 2) return -1;
    const offset: u32 = load<u16>(i);
    i += 2;
    if (offset == 0 || offset > <u32>(o - dst)) return -1;
    let length = token & 15;
    if (length == 15) {
      let more: u32;
      do {
        if (i >= iEnd) return -1;
        more = load<u8>(i++);
        length += more;
      } while (more == 255);
    }
    length += 4;
    if (length > <u32>(oEnd - o)) return -1;
    for (const end = o + length; o < end; o++) store<u8>(o, load<u8>(o - offset));
  }
  return <i32>(o - dst);
}
