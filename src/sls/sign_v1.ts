import { createHash, createHmac } from "node:crypto";
import type { Credentials } from "./credentials.ts";
import { sortedLogHeaders, sortedQuery, type UnsignedRequest } from "./sls_request.ts";

/**
 * Signs with signature v1: HMAC-SHA1, `LOG id:signature`.
 *
 * The layout is that of the vendor's Python signer. `x-log-date` is not sent: the vendor's texts differ on whether it is
 * signed.
 * @returns all headers to send, including those of the request.
 */
export function signV1(
  request: UnsignedRequest,
  credentials: Credentials,
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = {
    ...request.headers,
    "x-log-signaturemethod": "hmac-sha1",
    date: new Date(nowMs).toUTCString(),
  };
  if (credentials.securityToken) {
    headers["x-acs-security-token"] = credentials.securityToken.reveal();
  }
  if (request.body) {
    headers["content-md5"] = createHash("md5").update(request.body).digest("hex").toUpperCase();
  }
  const signature = createHmac("sha1", credentials.accessKeySecret.reveal())
    .update(stringToSignV1(request, headers), "utf8").digest("base64");
  headers.authorization = `LOG ${credentials.accessKeyId}:${signature}`;
  return headers;
}

/** The text that is signed, for `headers` as they are sent. */
export function stringToSignV1(
  request: UnsignedRequest,
  headers: Readonly<Record<string, string>>,
): string {
  // Decoded keys and values; an empty value keeps its "=".
  const query = sortedQuery(request.query).map(([key, value]) => `${key}=${value}`).join("&");
  return [
    request.method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    headers.date ?? "",
    ...sortedLogHeaders(headers).filter((name) => name !== "x-log-date")
      .map((name) => `${name}:${headers[name]!.trim()}`),
    query === "" ? request.path : `${request.path}?${query}`,
  ].join("\n");
}
