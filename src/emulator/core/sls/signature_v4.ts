import { createHash, createHmac } from "node:crypto";
import { type SignedRequest, sortedQuery, vendorHeaderNames } from "./signed_request.ts";

/** The parts of `SLS4-HMAC-SHA256 Credential=<key id>/<date>/<region>/sls/aliyun_v4_request,Signature=<hex>`. */
interface AuthorizationV4 {
  readonly accessKeyId: string;
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly signature: string;
}

/** Parses the header; undefined if it is not of version 4. */
export function parseAuthorizationV4(header: string): AuthorizationV4 | undefined {
  const match =
    /^SLS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/sls\/aliyun_v4_request, ?Signature=([0-9a-f]{64})$/
      .exec(header);
  if (!match) return undefined;
  const [, accessKeyId = "", date = "", region = "", signature = ""] = match;
  return { accessKeyId, date, region, signature };
}

/**
 * The canonical request (the vendor's Python, Go, Java and gateway SDKs, which agree). The list of
 * signed headers is not sent: both sides use `content-type`, `host`, `x-log-*` and `x-acs-*`.
 *
 * @param host The value of `Host` to sign.
 */
export function canonicalRequestV4(
  { method, path, query, headers }: SignedRequest,
  host: string,
): string {
  const names = [
    ...["content-type", "host"].filter((name) => headers.has(name)),
    ...vendorHeaderNames(headers),
  ].sort();
  // Unlike in version 1, keys are not encoded and an empty value loses its `=`.
  const pairs = sortedQuery(query)
    .map(([key, value]) => value === "" ? key : `${key}=${percentEncode(value)}`);
  return [
    method.toUpperCase(),
    path === "" ? "/" : path,
    pairs.join("&"),
    ...names.map((name) => `${name}:${name === "host" ? host : headers.get(name)}`),
    "",
    names.join(";"),
    headers.get("x-log-content-sha256") ?? "",
  ].join("\n");
}

/** As RFC 3986: `encodeURIComponent` leaves out five characters. */
function percentEncode(value: string): string {
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * @param dateTime The value of `x-log-date`, `YYYYMMDDTHHMMSSZ`.
 */
export function signatureV4(
  secret: string,
  canonicalRequest: string,
  dateTime: string,
  region: string,
): string {
  const date = dateTime.slice(0, 8);
  const text = [
    "SLS4-HMAC-SHA256",
    dateTime,
    `${date}/${region}/sls/aliyun_v4_request`,
    createHash("sha256").update(canonicalRequest).digest("hex"),
  ].join("\n");
  const key = [date, region, "sls", "aliyun_v4_request"]
    .reduce<string | Uint8Array>((key, part) => hmac(key, part), `aliyun_v4${secret}`);
  return createHmac("sha256", key).update(text).digest("hex");
}

function hmac(key: string | Uint8Array, text: string): Uint8Array {
  return createHmac("sha256", key).update(text).digest();
}
