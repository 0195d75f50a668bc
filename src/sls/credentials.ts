import type { Secret } from "../base/secret.ts";

/** What signs a request. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: Secret;
  /** Of temporary (STS) credentials; sent and signed as `x-acs-security-token`. */
  readonly securityToken?: Secret | undefined;
}
