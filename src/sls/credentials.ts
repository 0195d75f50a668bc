import type { Secret } from "../base/secret.ts";

/** What signs a request. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: Secret;
  /** Of temporary (STS) credentials; sent and signed as `x-acs-security-token`. */
  readonly securityToken?: Secret | undefined;
  /** When temporary credentials end, in milliseconds since 1970; undefined when nobody says so. */
  readonly expiresAtMs?: number | undefined;
}

/** Where the credentials of each request come from: they may change while the program runs. */
export interface CredentialsProvider {
  /**
   * The credentials to sign with now.
   * @throws {SlsError} of kind `credentials` when there are none, or the reason of `signal`.
   */
  current(signal: AbortSignal): Promise<Credentials>;
  /**
   * Looks for newer credentials after the server has refused some.
   * @param refused What `current` gave: the same object.
   * @returns others than the refused, or undefined when there are none; failures are reported, not thrown.
   * @throws the reason of `signal`.
   */
  renew(refused: Credentials, signal: AbortSignal): Promise<Credentials | undefined>;
}

/** Credentials that never change. */
export function fixedCredentials(credentials: Credentials): CredentialsProvider {
  return {
    current: () => Promise.resolve(credentials),
    renew: () => Promise.resolve(undefined),
  };
}
