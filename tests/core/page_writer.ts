import { concatBytes } from "../../src/base/bytes.ts";

/** Writes pages for tests field by field, so that a test can also write what no SDK would. */

/** A tag or a number; `pad` writes it in that many more bytes than it needs. */
export function varint(value: number | bigint, pad = 0): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    bytes.push(Number(rest & 127n));
    rest >>= 7n;
  } while (rest > 0n);
  for (let i = 0; i < pad; i++) bytes.push(0);
  return new Uint8Array(bytes.map((byte, i) => i < bytes.length - 1 ? byte | 128 : byte));
}

/** The start of every field: its number and its wire type. */
export function tag(field: number, type: number, pad = 0): Uint8Array {
  return varint(BigInt(field) << 3n | BigInt(type), pad);
}

/** A field of wire type 0. */
export function number(field: number, value: number | bigint, pad = 0): Uint8Array {
  return join(tag(field, 0), varint(value, pad));
}

/** A field of wire type 2. */
export function bytes(field: number, value: Uint8Array | string, pad = 0): Uint8Array {
  const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return join(tag(field, 2, pad), varint(content.length, pad), content);
}

/** A field of wire type 5. */
export function fixed32(field: number, value: number): Uint8Array {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, value, true);
  return join(tag(field, 5), four);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(parts);
}

type Text = Uint8Array | string;

/** A log as the SDKs write it. */
export interface LogShape {
  readonly time?: number;
  readonly timeNs?: number;
  readonly contents?: readonly (readonly [key: Text, value: Text])[];
}

export interface GroupShape {
  readonly topic?: Text;
  readonly source?: Text;
  readonly tags?: readonly (readonly [key: Text, value: Text])[];
  readonly logs?: readonly LogShape[];
}

/** A LogGroupList as the SDKs write it, fields in the order of their numbers. */
export function writePage(groups: readonly GroupShape[]): Uint8Array {
  return join(...groups.map((group) => bytes(1, writeGroup(group))));
}

function writeGroup({ topic, source, tags = [], logs = [] }: GroupShape): Uint8Array {
  return join(
    ...logs.map((log) => bytes(1, writeLog(log))),
    ...(topic === undefined ? [] : [bytes(3, topic)]),
    ...(source === undefined ? [] : [bytes(4, source)]),
    ...tags.map((keyAndValue) => bytes(6, pair(keyAndValue))),
  );
}

export function writeLog({ time = 1_790_000_000, timeNs, contents = [] }: LogShape): Uint8Array {
  return join(
    number(1, time),
    ...contents.map((content) => bytes(2, pair(content))),
    ...(timeNs === undefined ? [] : [fixed32(4, timeNs)]),
  );
}

export function pair([key, value]: readonly [Text, Text]): Uint8Array {
  return join(bytes(1, key), bytes(2, value));
}
