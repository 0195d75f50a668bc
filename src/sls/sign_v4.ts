import { createHash, createHmac } from "node:crypto";
import type { Credentials } from "./credentials.ts";
import { sortedLogHeaders, sortedQuery, type UnsignedRequest } from "./sls_request.ts";

/**
 * Signs with signature v4: `SLS4-HMAC-SHA256` with a key derived for the day and region. The vendor's Python, Go, Java and
 * gateway signers agree on the layout.
 * @param request Its headers must contain `host` as it is sent.
 * @returns all headers to send, including those of the request.
 */
export function signV4(
  request: UnsignedRequest,
  credentials: Credentials,
  region: string,
  nowMs: number,
): Record<string, string> {
  const date = compactDate(nowMs);
  const headers: Record<string, string> = {
    ...request.headers,
    "x-log-date": date,
    "x-log-content-sha256": sha256Hex(request.body ?? ""),
  };
  if (credentials.securityToken) {
    headers["x-acs-security-token"] = credentials.securityToken.reveal();
  }
  const scope = `${date.slice(0, 8)}/${region}/sls/aliyun_v4_request`;
  const toSign = ["SLS4-HMAC-SHA256", date, scope, sha256Hex(canonicalRequest(request, headers))]
    .join("\n");
  const key = ["sls", "aliyun_v4_request"].reduce(
    (key, part) => hmac(key, part),
    hmac(
      hmac(`aliyun_v4${credentials.accessKeySecret.reveal()}`, date.slice(0, 8)),
      region,
    ),
  );
  const signature = createHmac("sha256", key).update(toSign, "utf8").digest("hex");
  headers.authorization =
    `SLS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope},Signature=${signature}`;
  return headers;
}

/** The canonical request, for `headers` as they are sent. The server selects the headers by the same rule. */
export function canonicalRequest(
  request: UnsignedRequest,
  headers: Readonly<Record<string, string>>,
): string {
  const signed = [
    ...["content-type", "host"].filter((name) => name in headers),
    ...sortedLogHeaders(headers),
  ].sort();
  return [
    request.method,
    request.path || "/",
    // Keys as they are, values encoded; no "=" for an empty value, unlike v1.
    sortedQuery(request.query)
      .map(([key, value]) => value === "" ? key : `${key}=${percentEncode(value)}`).join("&"),
    ...signed.map((name) => `${name}:${headers[name]!.trim()}`),
    "",
    signed.join(";"),
    headers["x-log-content-sha256"]!,
  ].join("\n");
}

/** RFC 3986: everything but letters, digits and `-_.~`. */
function percentEncode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `20261006T083000Z`. */
function compactDate(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d{3}/, "").replaceAll(/[-:]/g, "");
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
