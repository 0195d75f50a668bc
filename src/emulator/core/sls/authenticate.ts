import { createHash } from "node:crypto";
import { type AccessKey, checkAccessKey, unauthorized } from "./access_key.ts";
import { checkRequestTime, parseDateTime, parseHttpDate, type SkewCode } from "./request_time.ts";
import { signatureV1, stringsToSignV1 } from "./signature_v1.ts";
import { canonicalRequestV4, parseAuthorizationV4, signatureV4 } from "./signature_v4.ts";
import type { SignedRequest } from "./signed_request.ts";
import { missingHeader, SlsError } from "./sls_error.ts";

/** The settings that requests are checked against. */
export interface AuthenticationPorts {
  readonly accessKeys: readonly AccessKey[];
  /** The region that version 4 signatures must name; any when undefined. */
  readonly region: string | undefined;
  readonly nowMs: number;
  /** The error code for a clock that is wrong by more than 15 minutes. */
  readonly skewCode: SkewCode;
}

/**
 * Checks the headers that every request needs, its time, and its signature of version 1 or 4.
 *
 * @returns the access key that signed it.
 * @throws {SlsError} 400 for missing or malformed headers and a wrong clock; 401 `SignatureNotMatch`
 * or `Unauthorized`.
 */
export function authenticate(request: SignedRequest, ports: AuthenticationPorts): AccessKey {
  const { headers } = request;
  const version = headers.get("x-log-apiversion");
  if (version === null) {
    throw new SlsError(400, "MissingAPIVersion", "x-log-apiversion does not exist in http header.");
  }
  if (version !== "0.6.0") {
    throw new SlsError(400, "InvalidAPIVersion", `x-log-apiversion ${version} is unsupported.`);
  }
  const authorization = headers.get("authorization");
  if (authorization === null) throw missingHeader("authorization");
  const key = authorization.startsWith("SLS4-HMAC-SHA256 ")
    ? verifyV4(request, authorization, ports)
    : verifyV1(request, authorization, ports);
  checkAccessKey(key, headers.get("x-acs-security-token"), ports.nowMs / 1000);
  return key;
}

function verifyV1(
  request: SignedRequest,
  authorization: string,
  ports: AuthenticationPorts,
): AccessKey {
  const { headers } = request;
  const method = headers.get("x-log-signaturemethod");
  if (method === null) throw missingHeader("x-log-signaturemethod");
  if (method !== "hmac-sha1" && method !== "hmac-sha256") {
    const message = `signature method ${method} is unsupported.`;
    throw new SlsError(400, "InvalidSignatureMethod", message);
  }
  const date = headers.get("x-log-date") ?? headers.get("date");
  if (date === null) {
    throw new SlsError(400, "MissingDate", "Date does not exist in http header.");
  }
  checkRequestTime(parseHttpDate(date), date, ports);
  // The vendor's older Go SDK writes SLS where all others write LOG.
  const match = /^(?:LOG|SLS) ([^:]+):(\S+)$/.exec(authorization);
  if (!match) throw signatureNotMatch("authorization is not of the form LOG id:signature");
  const [, accessKeyId = "", signature] = match;
  const key = findKey(ports, accessKeyId);
  const signed = stringsToSignV1(request)
    .some((text) => signatureV1(key.secret, text, method) === signature);
  if (!signed) throw signatureNotMatch(`signature ${signature} not match`);
  // The vendor's generated SDKs send an empty header when there is no body.
  const md5 = headers.get("content-md5") ?? "";
  if (md5 !== "" && md5.toUpperCase() !== digest("md5", request.body).toUpperCase()) {
    throw signatureNotMatch("Content-MD5 does not match the body");
  }
  return key;
}

function verifyV4(
  request: SignedRequest,
  authorization: string,
  ports: AuthenticationPorts,
): AccessKey {
  const { headers } = request;
  const parsed = parseAuthorizationV4(authorization);
  if (!parsed) throw signatureNotMatch("authorization is not of the form of signature version 4");
  const dateTime = headers.get("x-log-date");
  if (dateTime === null) throw missingHeader("x-log-date");
  checkRequestTime(parseDateTime(dateTime), dateTime, ports);
  const bodyHash = headers.get("x-log-content-sha256");
  if (bodyHash === null) throw missingHeader("x-log-content-sha256");
  const key = findKey(ports, parsed.accessKeyId);
  if (parsed.date !== dateTime.slice(0, 8)) {
    throw signatureNotMatch("the date of the scope is not that of x-log-date");
  }
  if (ports.region !== undefined && parsed.region !== ports.region) {
    throw signatureNotMatch(`region ${parsed.region} not match, expected ${ports.region}`);
  }
  // The Python SDK signs the host without its port; the target of a proxied request has it.
  const host = headers.get("host") ?? "";
  const signed = [host, host.replace(/:\d+$/, "")].some((host) => {
    const canonical = canonicalRequestV4(request, host);
    return signatureV4(key.secret, canonical, dateTime, parsed.region) === parsed.signature;
  });
  if (!signed) throw signatureNotMatch(`signature ${parsed.signature} not match`);
  if (bodyHash !== digest("sha256", request.body)) {
    throw signatureNotMatch("x-log-content-sha256 does not match the body");
  }
  return key;
}

function findKey({ accessKeys }: AuthenticationPorts, id: string): AccessKey {
  const key = accessKeys.find((key) => key.id === id);
  if (!key) throw unauthorized(`AccessKeyId not found: ${id}`);
  return key;
}

function digest(algorithm: "md5" | "sha256", body: Uint8Array): string {
  return createHash(algorithm).update(body).digest("hex");
}

function signatureNotMatch(message: string): SlsError {
  return new SlsError(401, "SignatureNotMatch", message);
}
