/** Writes bytes of an answer; waits while the connection is full, throws once it is closed. */
export type Write = (bytes: Uint8Array) => Promise<void>;

/** What a hostile server sends in place of an answer; `request` counts those that it has answered so before. */
export type Flood = (write: Write, request: number) => Promise<void>;

const encoder = new TextEncoder();
const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;

/** Floods on the wire: they may come on either side. */
export const WIRE_FLOODS: Readonly<Record<string, Flood>> = {
  "100 Continue": endless("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(2000)),
  "102 Processing": endless("", "HTTP/1.1 102 Processing\r\n\r\n".repeat(2000)),
  "103 Early Hints": endless(
    "",
    `HTTP/1.1 103 Early Hints\r\nlink: </${"a".repeat(500)}>; rel=preload\r\n\r\n`.repeat(100),
  ),
  "100 Continue, one at a time": async (write) => {
    const one = encoder.encode("HTTP/1.1 100 Continue\r\n\r\n");
    for (;;) await write(one);
  },
  "header lines without end": endless(OK, `x-a: ${"a".repeat(100)}\r\n`.repeat(500)),
  "one header without end": endless(`${OK}x-a: `, "a".repeat(65_536)),
  "a status line without end": endless("HTTP/1.1 200 ", "a".repeat(65_536)),
  "a head of 1 MB": answer(`${OK}x-a: ${"a".repeat(1_000_000)}\r\ncontent-length: 2\r\n\r\n{}`),
  "100,000 headers": answer(
    OK + Array.from({ length: 100_000 }, (_, i) => `x-${i}: 1\r\n`).join("") +
      "content-length: 2\r\n\r\n{}",
  ),
  "a head in drips": async (write) => {
    await write(encoder.encode(OK));
    for (;;) {
      await write(encoder.encode("x-a: 1\r\n"));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  },
  "a location of 1 MB": answer(
    `HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/${"a".repeat(1_000_000)}\r\n` +
      "content-length: 0\r\n\r\n",
  ),
  "a body without end": endless(`${OK}content-type: application/json\r\n\r\n`, "a".repeat(65_536)),
  "an error body without end": endless(
    "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n",
    "a".repeat(65_536),
  ),
  "chunks without end": endless(CHUNKED, `10000\r\n${"a".repeat(65_536)}\r\n`),
  "chunks of one byte": endless(CHUNKED, "1\r\na\r\n".repeat(10_000)),
  "a chunk extension without end": endless(`${CHUNKED}5;a=`, "a".repeat(65_536)),
  "chunk extensions": endless(CHUNKED, `1;a=${"a".repeat(1000)}\r\na\r\n`.repeat(60)),
  "trailers without end": endless(`${CHUNKED}2\r\n{}\r\n0\r\n`, "a: b\r\n".repeat(5000)),
  "a gzip bomb": bomb("gzip"),
  "a brotli bomb": bomb("br"),
};

/** Whatever comes first, then the same again without end. */
function endless(first: string, again: string): Flood {
  const bytes = encoder.encode(again);
  return async (write) => {
    await write(encoder.encode(first));
    for (;;) await write(bytes);
  };
}

/** One answer, whole. */
export function answer(text: string): Flood {
  return (write) => write(encoder.encode(text));
}

/** An answer with a body of JSON. */
export function json(status: number, value: unknown, headers = ""): Flood {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  const length = encoder.encode(body).length;
  return answer(
    `HTTP/1.1 ${status} Status\r\ncontent-type: application/json\r\nx-log-requestid: 1\r\n${headers}` +
      `content-length: ${length}\r\n\r\n${body}`,
  );
}

/** A body of 200 MB, compressed. */
function bomb(coding: "gzip" | "br"): Flood {
  return async (write) => {
    const { brotliCompressSync, constants, gzipSync } = await import("node:zlib");
    const plain = new Uint8Array(200_000_000).fill(0x61);
    const body = coding === "gzip"
      ? gzipSync(plain, { level: 1 })
      : brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
    await write(encoder.encode(
      `${OK}content-type: application/json\r\ncontent-encoding: ${coding}\r\n` +
        `content-length: ${body.length}\r\n\r\n`,
    ));
    await write(body);
  };
}
