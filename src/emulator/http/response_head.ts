import { STATUS_CODES } from "node:http";
import type { HttpResponse } from "../core/http.ts";

const utf8 = new TextEncoder();

/** The body as it is sent. */
export function bodyBytes(response: HttpResponse): Uint8Array {
  const body = response.body ?? "";
  return typeof body === "string" ? utf8.encode(body) : body;
}

/** Whether an answer has a body at all (RFC 9110 section 6.4.1). */
export function carriesBody(method: string, status: number): boolean {
  return method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
}

/**
 * The status line and headers, with the empty line after them.
 *
 * @param contentLength The value of `Content-Length`, true or not; omitted for 1xx and 204.
 * @param connection Replaces the response's own `Connection`, unless undefined.
 * @throws {TypeError} if a header could break out of its line.
 */
export function responseHead(
  { status, headers = {} }: HttpResponse,
  contentLength: number,
  connection: "close" | "keep-alive" | undefined,
): Uint8Array {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (key === "content-length" || (key === "connection" && connection !== undefined)) continue;
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[\r\n\0]/.test(value)) {
      throw new TypeError(`Cannot send the header ${JSON.stringify(name)}: it breaks its line`);
    }
    head += `${name}: ${value}\r\n`;
  }
  if (status >= 200 && status !== 204) head += `Content-Length: ${contentLength}\r\n`;
  if (connection) head += `Connection: ${connection}\r\n`;
  return utf8.encode(`${head}\r\n`);
}
