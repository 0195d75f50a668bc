// A number of a JSON text.

// @ts-ignore: decorator
@inline
function isDigit(p: usize, e: usize): bool {
  return p < e && <u32>load<u8>(p) - 48 < 10;
}

/** The position after the number at p; 0 when there is none. */
export function number(p: usize, e: usize): usize {
  if (load<u8>(p) == 0x2d) p++;
  if (!isDigit(p, e)) return 0;
  if (load<u8>(p) == 0x30) p++;
  else while (isDigit(p, e)) p++;
  if (p < e && load<u8>(p) == 0x2e) {
    if (!isDigit(++p, e)) return 0;
    while (isDigit(p, e)) p++;
  }
  if (p < e && (load<u8>(p) | 0x20) == 0x65) {
    p++;
    if (p < e && (load<u8>(p) == 0x2b || load<u8>(p) == 0x2d)) p++;
    if (!isDigit(p, e)) return 0;
    while (isDigit(p, e)) p++;
  }
  return p;
}
