/** A block that is not LZ4, or whose content is not of the announced size. */
export class Lz4Error extends Error {
  override name = "Lz4Error";
}

/**
 * Decompresses one raw LZ4 block of a known size (`x-log-bodyrawsize`).
 *
 * @throws {Lz4Error} if the block is malformed or its content is not exactly `rawSize` bytes long.
 */
export function decodeLz4Block(block: Uint8Array, rawSize: number): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(rawSize);
  let at = 0;
  let to = 0;
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    if (nibble < 15) return length;
    for (;;) {
      const step = block[at++];
      if (step === undefined) throw new Lz4Error("the block ends within a length");
      length += step;
      if (step < 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw new Lz4Error("the block ends within literals");
    if (to + literals > rawSize) throw new Lz4Error(`the content exceeds ${rawSize} bytes`);
    target.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at === block.length) break; // the last sequence has no match
    if (at + 2 > block.length) throw new Lz4Error("the block ends within an offset");
    const offset = block[at]! | block[at + 1]! << 8;
    at += 2;
    const match = lengthFrom(token & 15) + 4;
    if (offset === 0 || offset > to) throw new Lz4Error("an offset points before the content");
    if (to + match > rawSize) throw new Lz4Error(`the content exceeds ${rawSize} bytes`);
    for (let i = 0; i < match; i++, to++) target[to] = target[to - offset]!; // source and target may overlap
  }
  if (to !== rawSize) throw new Lz4Error(`the content has ${to} bytes instead of ${rawSize}`);
  return target;
}
