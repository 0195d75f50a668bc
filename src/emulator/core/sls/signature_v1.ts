import { createHmac } from "node:crypto";
import { type SignedRequest, sortedQuery, vendorHeaderNames } from "./signed_request.ts";

/**
 * The texts that a version 1 signature may cover (the vendor's "Request signatures" page and SDKs).
 *
 * `x-log-date` replaces `Date` and is not signed: the Python SDK adds it after signing. The second
 * text is for clients that sign it anyway.
 */
export function stringsToSignV1(request: SignedRequest): string[] {
  const { headers } = request;
  const names = vendorHeaderNames(headers).sort();
  const without = stringToSign(request, names.filter((name) => name !== "x-log-date"));
  return headers.has("x-log-date") ? [without, stringToSign(request, names)] : [without];
}

function stringToSign({ method, path, query, headers }: SignedRequest, names: string[]): string {
  // Decoded: nothing is percent-encoded, and an empty value keeps its `=`.
  const pairs = sortedQuery(query).map(([key, value]) => `${key}=${value}`).join("&");
  return [
    method.toUpperCase(),
    headers.get("content-md5") ?? "",
    headers.get("content-type") ?? "",
    headers.get("x-log-date") ?? headers.get("date") ?? "",
    ...names.map((name) => `${name}:${headers.get(name)}`),
    pairs === "" ? path : `${path}?${pairs}`,
  ].join("\n");
}

/**
 * @param method The value of `x-log-signaturemethod`: `hmac-sha1` or `hmac-sha256`.
 */
export function signatureV1(secret: string, text: string, method: string): string {
  return createHmac(method === "hmac-sha256" ? "sha256" : "sha1", secret).update(text)
    .digest("base64");
}
