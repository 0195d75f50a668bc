import { SlsError } from "./sls_error.ts";

/** A key that may call. */
export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  /** Makes the key a temporary one of STS, which needs this `x-acs-security-token`. */
  readonly securityToken?: string;
  /** When a temporary key expires, in Unix seconds. */
  readonly expiresSec?: number;
  /** Whether it is refused as disabled. */
  readonly disabled?: boolean;
  /** RAM actions that are refused, such as `log:ConsumerGroupHeartBeat`; `log:*` for all. */
  readonly deniedActions?: readonly string[];
}

/**
 * Checks what a valid signature does not prove.
 *
 * @throws {SlsError} 401 `Unauthorized` for a disabled or expired key, a wrong or missing token.
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

/**
 * @throws {SlsError} 401 `Unauthorized`, worded as RAM's denials, if the key may not do this.
 */
export function checkPermission(key: AccessKey, action: string, resource: string): void {
  if (!key.deniedActions?.some((denied) => denied === action || denied === "log:*")) return;
  throw unauthorized(`denied by sts or ram, action: ${action}, resource: ${resource}`);
}

/** 401 `Unauthorized`. */
export function unauthorized(message: string): SlsError {
  return new SlsError(401, "Unauthorized", message);
}
