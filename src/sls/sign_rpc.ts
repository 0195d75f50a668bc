import { createHmac } from "node:crypto";
import type { Credentials } from "./credentials.ts";

/** Parameters of a call, by their names. */
export type RpcParameters = Readonly<Record<string, string>>;

/** What makes one signed call different from every other. */
interface RpcMoment {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Never the same twice. */
  readonly nonce: string;
}

/**
 * Signs a POST call of the vendor's RPC style: HMAC-SHA1 over the sorted parameters, those of query and body alike.
 * @returns all parameters to send, including those given.
 */
export function signRpc(
  parameters: RpcParameters,
  credentials: Credentials,
  { nowMs, nonce }: RpcMoment,
): Record<string, string> {
  const all: Record<string, string> = {
    ...parameters,
    AccessKeyId: credentials.accessKeyId,
    SignatureMethod: "HMAC-SHA1",
    SignatureNonce: nonce,
    SignatureVersion: "1.0",
    Timestamp: rpcTime(nowMs),
  };
  if (credentials.securityToken) all.SecurityToken = credentials.securityToken.reveal();
  const key = `${credentials.accessKeySecret.reveal()}&`;
  all.Signature = createHmac("sha1", key).update(stringToSignRpc(all), "utf8").digest("base64");
  return all;
}

/** The text that is signed, for all parameters but `Signature`. It may contain a security token. */
export function stringToSignRpc(parameters: RpcParameters): string {
  return `POST&%2F&${encodeRpc(formText(parameters))}`;
}

/** Parameters as a query or the body of a form, sorted by name. */
export function formText(parameters: RpcParameters): string {
  return Object.keys(parameters).sort()
    .map((name) => `${encodeRpc(name)}=${encodeRpc(parameters[name]!)}`).join("&");
}

/** A time as the RPC style writes it: UTC, in whole seconds. */
export function rpcTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
function encodeRpc(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
