import { BodyTooLarge } from "../base/bounded_body.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { grouped } from "../base/format.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { Secret } from "../base/secret.ts";
import { withTimeout } from "../base/timeout.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";
import { ServerClock } from "./server_clock.ts";
import { formText, type RpcParameters, rpcTime, signRpc } from "./sign_rpc.ts";
import {
  describeRefusal,
  hasCredentials,
  issuedCredentials,
  readStsAnswer,
  type StsAnswer,
} from "./sts_answer.ts";
import { StsError } from "./sts_error.ts";

/** Longest wait for an answer, where `sls.timeout` is longer: the vendor's client has the same. */
const TIMEOUT_MS = 10_000;
interface StsClientOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Makes the nonce of each call. */
  readonly uuid: () => string;
  /** Uses the proxy of SLS. */
  readonly fetch: (
    url: string,
    init: RequestInit & { readonly signal: AbortSignal },
  ) => Promise<Response>;
}

/** A role that is assumed with other credentials. */
export interface AssumedRole {
  /** `acs:ram::ACCOUNT:role/NAME`. */
  readonly roleArn: string;
  /** Names this program in the audit log of the role's account. */
  readonly sessionName: string;
  /** How long the credentials are valid, in milliseconds: whole seconds. */
  readonly durationMs: number;
  readonly externalId: Secret | undefined;
  /** A RAM policy as JSON: the credentials are allowed only what both it and the role allow. */
  readonly policy: string | undefined;
}

/** A role that is assumed with a token of an OIDC provider, such as a Kubernetes cluster. */
export interface OidcRole {
  /** `acs:ram::ACCOUNT:role/NAME`. */
  readonly roleArn: string;
  /** `acs:ram::ACCOUNT:oidc-provider/NAME`. */
  readonly providerArn: string;
  /** Names this program in the audit log of the role's account. */
  readonly sessionName: string;
}

/** What may be done about a refusal at once, once each. */
type Cure = "clock" | "nonce" | "base";

const CURES: readonly [code: RegExp, cure: Cure][] = [
  [/^InvalidTimeStamp\.Expired$/, "clock"],
  [/^SignatureNonceUsed$/, "nonce"],
  [
    /^(InvalidAccessKeyId|InvalidSecurityToken|MissingSecurityToken|SignatureDoesNotMatch)\b/,
    "base",
  ],
];

/** One kind of call. */
interface Exchange {
  readonly roleArn: string;
  /** The option of the role. */
  readonly role: string;
  readonly action: string;
  /** All parameters of the next try. */
  readonly parameters: (common: RpcParameters) => RpcParameters;
  /** Looks for newer credentials after those of the last try were refused; false when there are none. */
  readonly renewBase?: () => Promise<boolean>;
}

/**
 * The two calls of the vendor's Security Token Service (API 2015-04-01) that issue temporary credentials. Each is one
 * exchange, repeated at once only for what that can cure; the caller paces further tries.
 */
export class StsClient {
  readonly #options: StsClientOptions;
  readonly #serverClock: ServerClock;

  constructor(options: StsClientOptions) {
    this.#options = options;
    this.#serverClock = new ServerClock(options.clock);
  }

  /**
   * Assumes a role (`AssumeRole`).
   * @param base The credentials that assume it.
   * @throws {SlsError} of kind `credentials`; a {StsError} unless `base` has failed.
   * @throws the reason of `signal`.
   */
  async assumeRole(
    role: AssumedRole,
    base: CredentialsProvider,
    signal: AbortSignal,
  ): Promise<Credentials> {
    let credentials = await base.current(signal);
    return await this.#exchange({
      roleArn: role.roleArn,
      role: "sls.credentials.assume_role",
      action: "AssumeRole",
      parameters: (common) =>
        signRpc(
          {
            ...common,
            RoleArn: role.roleArn,
            RoleSessionName: role.sessionName,
            DurationSeconds: String(role.durationMs / 1000),
            ...(role.externalId && { ExternalId: role.externalId.reveal() }),
            ...(role.policy !== undefined && { Policy: role.policy }),
          },
          credentials,
          { nowMs: this.#serverClock.signingTimeMs, nonce: this.#options.uuid() },
        ),
      renewBase: async () => {
        const newer = await base.renew(credentials, signal);
        if (newer) credentials = newer;
        return newer !== undefined;
      },
    }, signal);
  }

  /**
   * Assumes a role with a token of its OIDC provider (`AssumeRoleWithOIDC`). The call is not signed.
   * @param token A raw JWT.
   * @throws {StsError}, or the reason of `signal`.
   */
  async assumeRoleWithOidc(
    role: OidcRole,
    token: Secret,
    signal: AbortSignal,
  ): Promise<Credentials> {
    return await this.#exchange({
      roleArn: role.roleArn,
      role: "sls.credentials.oidc",
      action: "AssumeRoleWithOIDC",
      parameters: (common) => ({
        ...common,
        Timestamp: rpcTime(this.#serverClock.signingTimeMs),
        RoleArn: role.roleArn,
        OIDCProviderArn: role.providerArn,
        RoleSessionName: role.sessionName,
        OIDCToken: token.reveal(),
      }),
    }, signal);
  }

  async #exchange(exchange: Exchange, signal: AbortSignal): Promise<Credentials> {
    const { clock } = this.#options;
    for (const cured = new Set<Cure>();;) {
      const answer = await this.#send(exchange, signal);
      this.#serverClock.note(answer.date);
      if (hasCredentials(answer)) {
        try {
          return issuedCredentials(answer, this.#serverClock.nowMs, clock.nowMs());
        } catch (error) {
          throw this.#noSts(
            exchange,
            `with credentials that cannot be used: ${describeError(error)}`,
          );
        }
      }
      const [, cure] = CURES.find(([code]) => code.test(answer.code)) ?? [];
      if (cure === undefined || cured.has(cure)) throw this.#refusal(answer, exchange);
      cured.add(cure);
      if (cure === "clock") this.#serverClock.correctSigningTime(answer.date);
      if (cure === "base" && !await exchange.renewBase?.()) throw this.#refusal(answer, exchange);
    }
  }

  /** Sends one call. Nothing secret is in the URL, which errors of `fetch` repeat. */
  async #send(exchange: Exchange, signal: AbortSignal): Promise<StsAnswer> {
    const { origin, clock, userAgent, fetch } = this.#options;
    const common = { Action: exchange.action, Format: "JSON", Version: "2015-04-01" };
    const all = exchange.parameters(common);
    const inBody = Object.entries(all).filter(([name]) => !Object.hasOwn(common, name));
    const timeoutMs = Math.min(this.#options.timeoutMs, TIMEOUT_MS);
    try {
      return await withTimeout(
        { what: exchange.action, timeoutMs },
        clock,
        signal,
        async (limit) => {
          const response = await fetch(`${origin}/?${formText(common)}`, {
            method: "POST",
            headers: {
              "accept-encoding": "identity",
              "content-type": "application/x-www-form-urlencoded",
              "user-agent": userAgent,
            },
            body: formText(Object.fromEntries(inBody)),
            redirect: "manual",
            signal: limit,
          });
          return await readStsAnswer(response);
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof BodyTooLarge) {
        throw this.#noSts(exchange, `with more than ${grouped(error.maxBytes)} bytes`);
      }
      const hint = error instanceof OperatorError
        ? error.hint
        : `Check ${exchange.role}.sts_endpoint, and this host's DNS, proxy and firewall. It is retried`;
      throw new StsError(
        `Cannot assume ${exchange.roleArn}: no answer from ${this.#host}: ${describeError(error)}`,
        {
          role: exchange.role,
          passes: proxyFailureIn(error)?.kind !== "refused",
          hint,
          cause: error,
        },
      );
    }
  }

  /** The error for an answer without credentials. */
  #refusal(answer: StsAnswer, exchange: Exchange): StsError {
    const { status, code } = answer;
    const what = describeRefusal(answer);
    if (code === "") return this.#noSts(exchange, what, status >= 500 || status === 429);
    return new StsError(`Cannot assume ${exchange.roleArn}: ${this.#host} answered ${what}`, {
      role: exchange.role,
      code,
    });
  }

  /** The error for an answer that is not one of STS. */
  #noSts({ roleArn, role }: Exchange, what: string, passes = false): StsError {
    return new StsError(`Cannot assume ${roleArn}: ${this.#host} answered ${what}`, {
      role,
      passes,
      hint: `Check that ${role}.sts_endpoint is STS itself, and that no proxy changes its answers`,
    });
  }

  get #host(): string {
    return new URL(this.#options.origin).host;
  }
}
