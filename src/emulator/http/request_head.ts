import { RequestRefused } from "./request_refused.ts";

/** How a body ends: after its announced length (0 without one), or with its last chunk. */
export type BodyFraming = { readonly kind: "length"; readonly bytes: number } | {
  readonly kind: "chunked";
};

/** The parsed request line and headers. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly framing: BodyFraming;
  readonly http10: boolean;
  /** Whether the client keeps the connection open after the answer. */
  readonly keepAlive: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

const LF = 10;
const CR = 13;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Finds the empty line that ends a head. Lines may end in CRLF or, as RFC 9112 allows, in LF alone.
 *
 * @param from Where to start; the end must not be before it.
 * @returns the position after the empty line, or -1 if it has not arrived.
 */
export function headEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Parses a head, from its first byte to its empty line.
 *
 * @throws {RequestRefused} 400 if it is malformed or ambiguous; 417, 501 or 505 if it is not supported.
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  const lines = latin1(bytes).split("\n");
  const match = REQUEST_LINE.exec(line(lines, 0));
  if (!match) throw new RequestRefused(400, "Cannot read the request line");
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1") throw new RequestRefused(505, "Cannot serve this version: expected HTTP/1.1");
  const http10 = minor === "0";
  const headers = parseHeaders(lines);
  const pathAndQuery = resolveTarget(method, target, headers);
  if (!http10 && !headers.has("host")) throw new RequestRefused(400, "Expected a Host header");
  const at = pathAndQuery.indexOf("?");
  const connection = (headers.get("connection") ?? "").toLowerCase().split(/[ \t]*,[ \t]*/);
  return {
    method,
    target,
    path: at < 0 ? pathAndQuery : pathAndQuery.slice(0, at),
    query: new URLSearchParams(at < 0 ? "" : pathAndQuery.slice(at + 1)),
    headers,
    framing: framingOf(headers, http10),
    http10,
    keepAlive: http10 ? connection.includes("keep-alive") : !connection.includes("close"),
    expectsContinue: expectsContinue(headers, http10),
  };
}

/** Not `TextDecoder("latin1")`: that is windows-1252, whose characters `Headers` refuses. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

function line(lines: string[], at: number): string {
  const text = lines[at] ?? "";
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function parseHeaders(lines: string[]): Headers {
  const headers = new Headers();
  for (let at = 1; at < lines.length; at++) {
    const text = line(lines, at);
    if (text === "") break;
    const match = HEADER_LINE.exec(text); // a folded line begins with a space and fails here
    if (!match) throw new RequestRefused(400, "Cannot read a header line");
    headers.append(match[1] ?? "", match[2] ?? "");
  }
  return headers;
}

/** The path and query of a target in any of its four forms (RFC 9112 section 3.2). */
function resolveTarget(method: string, target: string, headers: Headers): string {
  if (target.startsWith("/")) return target;
  const absolute = ABSOLUTE.exec(target);
  if (absolute) {
    headers.set("host", absolute[1] ?? ""); // the target's host wins over the header
    const rest = absolute[2] ?? "";
    return rest.startsWith("/") ? rest : `/${rest}`;
  }
  if (method === "CONNECT" || (method === "OPTIONS" && target === "*")) return target;
  throw new RequestRefused(400, "Cannot read the request target: expected a path or an http URL");
}

function framingOf(headers: Headers, http10: boolean): BodyFraming {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  if (coding !== null) {
    // Two framings, or one that the version does not know, allow request smuggling.
    if (length !== null || http10) throw new RequestRefused(400, "Ambiguous length of the body");
    if (coding.toLowerCase() !== "chunked") {
      throw new RequestRefused(501, "Cannot decode this transfer coding: expected chunked");
    }
    return { kind: "chunked" };
  }
  if (length === null) return { kind: "length", bytes: 0 };
  if (!/^\d{1,15}$/.test(length)) throw new RequestRefused(400, "Cannot read Content-Length");
  return { kind: "length", bytes: Number(length) };
}

function expectsContinue(headers: Headers, http10: boolean): boolean {
  const expect = headers.get("expect");
  if (expect === null || http10) return false;
  if (expect.toLowerCase() === "100-continue") return true;
  throw new RequestRefused(417, "Cannot meet this expectation: expected 100-continue");
}
