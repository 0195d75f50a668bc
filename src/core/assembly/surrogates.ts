// Escapes of surrogates in JSON text, such as the two of `\ud83d\ude00`. JSON's grammar allows one without the other,
// as in a text that was cut, but it is not a character, and strict readers refuse it.

export const NO_SURROGATE: u32 = 0;
export const HIGH: u32 = 1;
export const LOW: u32 = 2;

/** Bytes from the letter of an escape with four digits to the letter of an adjacent one. */
export const NEXT_LETTER: usize = 6;

/** The kind of the escape whose letter u is at q; four hexadecimal digits follow. */
export function surrogateAt(q: usize): u32 {
  if ((load<u8>(q, 1) | 0x20) != 0x64) return NO_SURROGATE; // d
  const second: u32 = load<u8>(q, 2);
  if (second < 0x38) return NO_SURROGATE; // 0 to 7
  return (second | 0x20) < 0x63 ? HIGH : LOW; // 8, 9, a, b; c to f
}

/** Whether the low surrogate follows the high one whose letter u is at q. */
export function isPair(q: usize, e: usize): bool {
  return <u32>(e - q) >= 11 && load<u16>(q, 5) == 0x755c && surrogateAt(q + NEXT_LETTER) == LOW;
}
