import { proxyFailureIn } from "../base/proxy_failure.ts";
import { SlsError } from "./sls_error.ts";

/** The options of a role, as hints name them: `sls.credentials.assume_role`. */
type RoleOption = string;

/** What a refusal of STS means, by its `Code`: the HTTP status of a code is not documented, and differs between products. */
const HINTS: readonly [code: RegExp, hint: (role: RoleOption) => string][] = [
  [
    /^NoPermission$/,
    (role) =>
      "The caller must be a RAM user or role, not the root account; its policy must allow sts:AssumeRole on this " +
      `role; and the role's trust policy must name the caller. If it has conditions, check ${role}.external_id`,
  ],
  [
    /^AuthenticationFail\.NoPermission$/,
    (role) =>
      `Check that the OIDC provider in ${role}.provider_arn is registered in the account, and that the role's trust ` +
      "policy names it with this issuer, audience and service account",
  ],
  [
    /^AuthenticationFail\.OIDCToken\.Expired$/,
    (role) =>
      `Check that the kubelet, or whatever writes ${role}.token_file, renews it. It is read again for every try`,
  ],
  [
    /^AuthenticationFail\./,
    (role) =>
      `Check that ${role}.token_file is a service account token for the audience sts.aliyuncs.com, issued by the ` +
      "cluster that the OIDC provider was registered for",
  ],
  [/^EntityNotExist\.Role$/, (role) => `Check the account and the name in ${role}.role_arn`],
  [
    /^InvalidParameter\.DurationSeconds$/,
    (role) => `${role}.duration must not be longer than the role's maximum session duration`,
  ],
  [/^InvalidParameter\./, (role) => `Check the options under ${role}`],
  [
    /^(SignatureDoesNotMatch|IncompleteSignature)$/,
    () => "Check the access key secret under sls.credentials",
  ],
  [
    /^(InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken)\b/,
    () =>
      "Check the credentials that assume the role: the key must be active, and a temporary one needs its own token, " +
      "which must not have expired",
  ],
  [
    /^InvalidTimeStamp\b/,
    () => "Set this host's clock. The time of STS is used meanwhile",
  ],
  [/^Throttling\b/, () => "It is retried more slowly. All callers of the account share its quota"],
  [/^(ServiceUnavailable|InternalError)$/, () => "It is retried"],
];

/** Codes of failures that pass by themselves. */
const PASSING = /^(Throttling\b|ServiceUnavailable$|InternalError$|SignatureNonceUsed$)/;
/** Codes whose message is shown: that of others may repeat what was signed, or a token. */
const EXPLAINED = /^(NoPermission|EntityNotExist\.Role|InvalidParameter\.[A-Za-z]+)$/;
/** What a string to sign consists of. */
const SIGNED = /%[0-9A-F]{2}|\bsign/i;

/** Whether the message of a refusal is shown: it must help, and repeat nothing that was signed. */
export function mayShowMessage(code: string, message: string): boolean {
  return EXPLAINED.test(code) && message !== "" && !SIGNED.test(message);
}

/** Credentials were not issued: STS has refused, or has not answered. Contains nothing that was signed. */
export class StsError extends SlsError {
  override name = "StsError";
  /** `Code` of the answer; empty without one. */
  readonly stsCode: string;
  readonly #passes: boolean;

  /**
   * @param message What was attempted and found.
   * @param details.role The option of the role: `sls.credentials.assume_role`.
   * @param details.code `Code` of the answer; left out without one.
   * @param details.passes Whether it passes by itself; follows from the code when left out.
   * @param details.hint What to do; follows from the code when left out.
   */
  constructor(
    message: string,
    { role, code = "", passes, hint, cause }: {
      readonly role: RoleOption;
      readonly code?: string;
      readonly passes?: boolean;
      readonly hint?: string;
      readonly cause?: unknown;
    },
  ) {
    const [, hintOfCode] = HINTS.find(([pattern]) => pattern.test(code)) ?? [];
    super("credentials", message, {
      hint: hint ?? hintOfCode?.(role) ??
        `Check the options under ${role}, and that the host of STS is reached`,
      cause,
    });
    this.stsCode = code;
    this.#passes = passes ?? PASSING.test(code);
  }

  override get passes(): boolean {
    return this.#passes;
  }

  /** Whether the proxy on the way lets nothing through until an operator acts. */
  override get isHeld(): boolean {
    return proxyFailureIn(this)?.kind === "refused";
  }
}
