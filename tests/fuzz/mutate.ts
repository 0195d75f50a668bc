/** Bytes that parsers trip over. */
const AWKWARD = [
  0,
  1,
  0x0a,
  0x12,
  0x22,
  0x25,
  0x5c,
  0x7b,
  0x7d,
  0x7f,
  0x80,
  0xc0,
  0xe2,
  0xf4,
  0xff,
];

/** Changes a few places of `input`: bytes, cuts, repetitions, pieces of itself elsewhere. */
export function mutate(input: Uint8Array, random: () => number): Uint8Array {
  const pick = (below: number) => Math.floor(random() * below);
  let bytes = input.slice();
  for (let changes = 1 + pick(4); changes > 0; changes--) {
    const at = pick(bytes.length + 1);
    switch (pick(6)) {
      case 0:
        if (at < bytes.length) bytes[at] = pick(256);
        break;
      case 1:
        if (at < bytes.length) bytes[at]! ^= 1 << pick(8);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3: {
        const size = 1 + pick(16);
        const extra = Uint8Array.from({ length: size }, () => AWKWARD[pick(AWKWARD.length)]!);
        bytes = splice(bytes, at, 0, extra);
        break;
      }
      case 4:
        bytes = splice(bytes, at, pick(16), new Uint8Array(0));
        break;
      default: {
        const from = pick(bytes.length + 1);
        bytes = splice(bytes, at, 0, bytes.slice(from, from + pick(64)));
      }
    }
  }
  return bytes;
}

function splice(
  bytes: Uint8Array,
  at: number,
  drop: number,
  add: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const rest = bytes.subarray(Math.min(bytes.length, at + drop));
  const out = new Uint8Array(at + add.length + rest.length);
  out.set(bytes.subarray(0, at));
  out.set(add, at);
  out.set(rest, at + add.length);
  return out;
}
