import { ByteBuffer } from "../../../base/bytes.ts";
import type { Log, LogGroup } from "./log_group.ts";

/** Field numbers with their wire types, as one byte (the vendor's `log.proto`). */
const LOGS = 0x0a, TOPIC = 0x1a, SOURCE = 0x22, TAGS = 0x32;
const TIME = 0x08, CONTENTS = 0x12, TIME_NS = 0x25;
const KEY = 0x0a, VALUE = 0x12;

/** Up to this length, writing byte by byte is faster than `encodeInto`. */
const MAX_SHORT_TEXT = 48;
/** The length of most logs takes two bytes. */
const USUAL_LOG_BYTES = 300;
const utf8 = new TextEncoder();
/** Shared: encoding is synchronous, and the buffer grows only once. */
const out = new ByteBuffer(64 * 1024);

/**
 * Encodes a log group as the vendor's clients do (protobuf, fields in order of their numbers).
 *
 * @returns a new array.
 */
export function encodeLogGroup(group: LogGroup): Uint8Array<ArrayBuffer> {
  out.clear();
  for (const log of group.logs) writeLog(log);
  if (group.topic !== undefined) writeText(TOPIC, group.topic);
  if (group.source !== undefined) writeText(SOURCE, group.source);
  for (const [key, value] of group.tags ?? []) {
    const guess = key.length + value.length + 4;
    const start = open(TAGS, guess);
    writeText(KEY, key);
    writeText(VALUE, value);
    close(start, guess);
  }
  return out.view().slice();
}

/**
 * Encodes one content of a log.
 *
 * @returns a new array.
 */
export function encodeContent(key: string, value: string): Uint8Array<ArrayBuffer> {
  out.clear();
  writeContent(key, value);
  return out.view().slice();
}

function writeLog({ timeSec, timeNs, contents }: Log): void {
  const start = open(LOGS, USUAL_LOG_BYTES);
  out.ensure(6);
  out.bytes[out.length++] = TIME;
  writeVarint(timeSec);
  for (const [key, value] of contents) writeContent(key, value);
  if (timeNs !== undefined) writeFixed32(TIME_NS, timeNs);
  close(start, USUAL_LOG_BYTES);
}

function writeContent(key: string, value: string | Uint8Array): void {
  const guess = key.length + value.length + 4;
  const content = open(CONTENTS, guess);
  writeText(KEY, key);
  if (typeof value === "string") writeText(VALUE, value);
  else writeBytes(VALUE, value);
  close(content, guess);
}

/**
 * Starts a field of unknown length, leaving room for a length of about `guess`.
 *
 * @returns the position of the length, for `close`.
 */
function open(tag: number, guess: number): number {
  out.ensure(6);
  out.bytes[out.length++] = tag;
  const lengthAt = out.length;
  out.length += varintBytes(guess);
  return lengthAt;
}

/** Writes the length of the field; moves its value if the length takes more or fewer bytes. */
function close(lengthAt: number, guess: number): void {
  const from = lengthAt + varintBytes(guess);
  const length = out.length - from;
  const need = varintBytes(length);
  if (lengthAt + need !== from) {
    out.ensure(5);
    out.bytes.copyWithin(lengthAt + need, from, out.length);
  }
  out.length = lengthAt;
  writeVarint(length);
  out.length += length;
}

function writeText(tag: number, text: string): void {
  const start = open(tag, text.length);
  out.ensure(text.length * 3);
  if (!writeAscii(text)) {
    out.length += utf8.encodeInto(text, out.bytes.subarray(out.length)).written;
  }
  close(start, text.length);
}

/**
 * Writes a short ASCII text.
 *
 * @returns false for any other text, which is not written.
 */
function writeAscii(text: string): boolean {
  if (text.length > MAX_SHORT_TEXT) return false;
  const { bytes, length } = out;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    bytes[length + i] = code;
  }
  out.length += text.length;
  return true;
}

function writeBytes(tag: number, value: Uint8Array): void {
  const start = open(tag, value.length);
  out.append(value);
  close(start, value.length);
}

function writeFixed32(tag: number, value: number): void {
  out.ensure(5);
  out.bytes[out.length++] = tag;
  for (let shift = 0; shift < 32; shift += 8) out.bytes[out.length++] = value >>> shift;
}

/** Writes a varint; the buffer must have room. */
function writeVarint(value: number): void {
  for (; value > 0x7f; value = Math.floor(value / 128)) out.bytes[out.length++] = value % 128 | 128;
  out.bytes[out.length++] = value;
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}
