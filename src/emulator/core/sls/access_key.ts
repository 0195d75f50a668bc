import { SlsError } from "./sls_error.ts";

/** Who may call, and with what. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** With it the key is a temporary one of STS and needs this `x-acs-security-token`. */
  readonly securityToken?: string;
  /** When a temporary key ends, in unix seconds. */
  readonly expiresSec?: number;
  /** Refused as a disabled key is. */
  readonly disabled?: boolean;
  /** RAM actions that are refused, such as `log:ConsumerGroupHeartBeat`; `log:*` for all. */
  readonly deniedActions?: readonly string[];
}

/**
 * Checks what a valid signature does not prove.
 * @throws {SlsError} 401 `Unauthorized` for a disabled or ended key, a wrong or missing token.
 */
export function checkAccessKey(key: AccessKey, token: string | null, nowSec: number): void {
  if (key.disabled) throw unauthorized(`AccessKeyId is disabled: ${key.id}`);
  if (key.securityToken === undefined) return;
  if (token === null) throw unauthorized("The security token is missing.");
  if (token !== key.securityToken) {
    throw unauthorized("The security token you provided is invalid.");
  }
  if (key.expiresSec !== undefined && nowSec >= key.expiresSec) {
    throw unauthorized("The security token you provided has expired.");
  }
}

/** @throws {SlsError} 401 `Unauthorized`, as RAM denies, if the key may not do this. */
export function checkPermission(key: AccessKey, action: string, resource: string): void {
  if (!key.deniedActions?.some((denied) => denied === action || denied === "log:*")) return;
  throw unauthorized(`denied by sts or ram, action: ${action}, resource: ${resource}`);
}

/** 401 `Unauthorized`. */
export function unauthorized(message: string): SlsError {
  return new SlsError(401, "Unauthorized", message);
}
