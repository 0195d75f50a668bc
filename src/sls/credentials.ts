import type { Secret } from "../base/secret.ts";

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: Secret;
  /** Of temporary (STS) credentials; sent and signed as `x-acs-security-token`. */
  readonly securityToken?: Secret | undefined;
  /** When temporary credentials expire, in milliseconds since 1970; undefined when that is not known. */
  readonly expiresAtMs?: number | undefined;
}

/** Where the credentials of each request come from: they may change while the program runs. */
export interface CredentialsProvider {
  /**
   * The credentials to sign with now.
   * @throws {SlsError} of kind `credentials` when there are none.
   * @throws the signal's reason when `signal` aborts.
   */
  current(signal: AbortSignal): Promise<Credentials>;
  /**
   * Looks for newer credentials after the server has refused some.
   * @param refused The object that `current` returned.
   * @returns newer credentials; undefined when there are none. Failures are reported, not thrown.
   * @throws the signal's reason when `signal` aborts.
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
