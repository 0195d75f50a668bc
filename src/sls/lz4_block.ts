/** A compressed body that does not decode to what its headers announce. */
export class CorruptBody extends Error {
  override name = "CorruptBody";

  constructor(what: string) {
    super(`Cannot decompress the page: ${what}`);
  }
}

/**
 * Decodes one raw LZ4 block (no frame, no size prefix: how SLS sends pages) into `target[0..rawBytes)`.
 *
 * Every read and write is bounded, so hostile input ends in an error. A cut block can look complete, so
 * the block must also fill exactly `rawBytes`.
 * @throws {CorruptBody} otherwise.
 */
export function decodeLz4Block(source: Uint8Array, target: Uint8Array, rawBytes: number): void {
  const sourceEnd = source.length;
  let at = 0;
  let to = 0;
  while (at < sourceEnd) {
    const token = source[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number;
      do {
        if (at >= sourceEnd) throw new CorruptBody("an LZ4 length runs past the block");
        more = source[at++]!;
        literals += more;
      } while (more === 255);
    }
    if (literals > sourceEnd - at) throw new CorruptBody("LZ4 literals run past the block");
    if (literals > rawBytes - to) throw tooLong(rawBytes);
    for (const end = to + literals; to < end;) target[to++] = source[at++]!;
    if (at === sourceEnd) break; // the last sequence has literals only

    if (sourceEnd - at < 2) throw new CorruptBody("an LZ4 offset runs past the block");
    const offset = source[at]! | source[at + 1]! << 8;
    at += 2;
    if (offset === 0 || offset > to) {
      throw new CorruptBody(`an LZ4 match points ${offset} bytes back at byte ${to}`);
    }
    let length = token & 15;
    if (length === 15) {
      let more: number;
      do {
        if (at >= sourceEnd) throw new CorruptBody("an LZ4 length runs past the block");
        more = source[at++]!;
        length += more;
      } while (more === 255);
    }
    length += 4;
    if (length > rawBytes - to) throw tooLong(rawBytes);
    // Byte by byte: a match may overlap what it writes.
    for (const end = to + length; to < end; to++) target[to] = target[to - offset]!;
  }
  if (to !== rawBytes) {
    throw new CorruptBody(`found ${to} bytes, expected ${rawBytes} (x-log-bodyrawsize)`);
  }
}

function tooLong(rawBytes: number): CorruptBody {
  return new CorruptBody(`found more than the announced ${rawBytes} bytes (x-log-bodyrawsize)`);
}
