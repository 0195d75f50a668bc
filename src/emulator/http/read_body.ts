import { ByteBuffer } from "../../base/bytes.ts";
import type { ConnectionReader } from "./connection_reader.ts";
import type { BodyFraming } from "./request_head.ts";
import { RequestRefused } from "./request_refused.ts";

/** Memory allocated on the strength of `Content-Length` alone; more is added as bytes arrive. */
const MAX_TRUSTED_BYTES = 16 * 1024 * 1024;
const MAX_LINE_BYTES = 8 * 1024;
const MAX_TRAILER_LINES = 100;
const LF = 10;

/**
 * Reads a whole body into its own memory.
 *
 * @throws {RequestRefused} 413 above `maxBytes`, 400 for broken chunks.
 * @throws {ConnectionGone} if the client ends before the body does.
 */
export async function readBody(
  reader: ConnectionReader,
  framing: BodyFraming,
  maxBytes: number,
): Promise<Uint8Array> {
  if (framing.kind === "chunked") return await readChunks(reader, maxBytes);
  refuseAbove(maxBytes, framing.bytes);
  const body = new ByteBuffer(Math.min(framing.bytes, MAX_TRUSTED_BYTES));
  await readExactly(reader, body, framing.bytes);
  return body.view();
}

async function readChunks(reader: ConnectionReader, maxBytes: number): Promise<Uint8Array> {
  const body = new ByteBuffer(64 * 1024);
  for (;;) {
    const count = chunkSize(await readLine(reader));
    if (count === 0) break;
    refuseAbove(maxBytes, body.length + count);
    await readExactly(reader, body, count);
    if (await readLine(reader) !== "") throw new RequestRefused(400, "A chunk has no line end");
  }
  for (let lines = 0; await readLine(reader) !== ""; lines++) {
    if (lines === MAX_TRAILER_LINES) throw new RequestRefused(431, "Too many trailer lines");
  }
  return body.view();
}

function chunkSize(line: string): number {
  const match = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line);
  if (!match) throw new RequestRefused(400, "Cannot read the size of a chunk");
  return parseInt(match[1] ?? "", 16);
}

function refuseAbove(maxBytes: number, bytes: number): void {
  if (bytes > maxBytes) {
    throw new RequestRefused(413, `The body is longer than the limit of ${maxBytes} bytes`);
  }
}

/** Appends exactly `count` bytes, in reads as large as the client sends them. */
async function readExactly(
  reader: ConnectionReader,
  body: ByteBuffer,
  count: number,
): Promise<void> {
  for (let left = count; left > 0;) {
    body.ensure(Math.min(left, 64 * 1024));
    const room = Math.min(left, body.bytes.length - body.length);
    const got = await reader.readInto(body.bytes.subarray(body.length, body.length + room));
    body.length += got;
    left -= got;
  }
}

/** One line, as text, without its line end. */
async function readLine(reader: ConnectionReader): Promise<string> {
  for (let from = 0;;) {
    const bytes = reader.buffered;
    const end = bytes.indexOf(LF, from);
    if (end >= 0 && end <= MAX_LINE_BYTES) {
      const line = String.fromCharCode(...bytes.subarray(0, end));
      reader.consume(end + 1);
      return line.endsWith("\r") ? line.slice(0, -1) : line;
    }
    if (bytes.length > MAX_LINE_BYTES) throw new RequestRefused(400, "A chunk line is too long");
    from = bytes.length;
    if (!await reader.fill()) throw new RequestRefused(400, "The chunked body ends too early");
  }
}
