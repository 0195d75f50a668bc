import { createHmac } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../../src/emulator/core/http.ts";
import type { AccessKey } from "../../src/emulator/core/sls/access_key.ts";
import { HttpServer } from "../../src/emulator/http/http_server.ts";
import type { HttpAction } from "../../src/emulator/http/message.ts";

/** A call as the service got it. */
interface StsCall {
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The answer's `Code`; "OK" for credentials. */
  readonly code: string;
}

/** An answer in place of the right one. */
type StsFault =
  | { readonly code: string; readonly status?: number; readonly message?: string }
  | { readonly answer: HttpAction | HttpResponse };

const COMMON = new Set(["Action", "Version", "Format"]);
const ALLOWED_SKEW_MS = 15 * 60_000;

/**
 * The Security Token Service, for tests: checks signatures, times, nonces, roles and OIDC tokens by the vendor's
 * documents, and issues temporary keys, which an emulator of SLS can take.
 */
export class StsService implements AsyncDisposable {
  readonly calls: StsCall[] = [];
  /** Keys that may assume roles. */
  callers: AccessKey[] = [{ id: "base-id", secret: "base-secret" }];
  readonly roles = new Set(["acs:ram::123456789012:role/logreader"]);
  /** Tokens of the cluster that are valid. */
  readonly oidcTokens = new Set(["aGVhZGVy.cGF5bG9hZA.c2lnbmVk"]);
  readonly providerArn = "acs:ram::123456789012:oidc-provider/ack";
  /** Answered first, in this order. */
  readonly faults: StsFault[] = [];
  /** The keys that were issued, the newest last. */
  readonly issued: AccessKey[] = [];
  /** How far the service's clock is ahead. */
  aheadMs = 0;
  /** How long issued keys are valid, whatever is asked for; as asked when undefined. */
  livesMs: number | undefined;
  /** Called with each key that is issued. */
  onIssued: (key: AccessKey) => void = () => {};
  readonly #nonces = new Set<string>();
  readonly #server: HttpServer;

  /** @param tls Certificate and key; without them it speaks http. */
  constructor(tls?: { readonly cert: string; readonly key: string }) {
    this.#server = HttpServer.start({
      handler: (request) => this.#answerTo(request),
      ...(tls && { tls }),
    });
  }

  get url(): string {
    return this.#server.url;
  }

  get port(): number {
    return this.#server.port;
  }

  #answerTo({ method, path, query, headers, body }: HttpRequest): HttpAction | HttpResponse {
    const form = [...new URLSearchParams(new TextDecoder().decode(body))];
    const parameters = Object.fromEntries([...query, ...form]);
    const action = parameters.Action ?? "";
    const note = (code: string) => void this.calls.push({ action, parameters, code });
    const fault = this.faults.shift();
    if (fault && "answer" in fault) {
      note("another answer");
      return fault.answer;
    }
    const isForm = headers.get("content-type") === "application/x-www-form-urlencoded";
    // What is in a URL ends up in logs.
    const isWise = [...query.keys()].every((name) => COMMON.has(name));
    const wrong = fault?.code ??
      (method === "POST" && path === "/" && isForm && isWise && parameters.Format === "JSON" &&
          parameters.Version === "2015-04-01"
        ? this.#wrongIn(action, parameters)
        : "InvalidParameter.ContentType");
    note(wrong ?? "OK");
    if (wrong === undefined) return this.#respond(200, this.#issue(parameters));
    const message = fault?.message ??
      `Specified value is not valid, server string to sign is: ${stringToSign(parameters)}`;
    return this.#respond(fault?.status ?? 400, {
      RequestId: "7C8B0A6E-3C4C-5D0E-9B4E-1A2B3C4D5E6F",
      HostId: "sts.test",
      Code: wrong,
      Message: message,
    });
  }

  #respond(status: number, json: unknown): HttpResponse {
    const date = new Date(this.#nowMs).toUTCString();
    return { status, headers: { date }, body: JSON.stringify(json) };
  }

  get #nowMs(): number {
    return Date.now() + this.aheadMs;
  }

  /** The code of what is wrong with a call; undefined for nothing. */
  #wrongIn(action: string, parameters: Readonly<Record<string, string>>): string | undefined {
    const { Timestamp = "", RoleArn = "", RoleSessionName = "", DurationSeconds } = parameters;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(Timestamp)) return "InvalidTimeStamp.Format";
    if (Math.abs(Date.parse(Timestamp) - this.#nowMs) > ALLOWED_SKEW_MS) {
      return "InvalidTimeStamp.Expired";
    }
    const refused = action === "AssumeRole"
      ? this.#wrongSigner(parameters)
      : action === "AssumeRoleWithOIDC"
      ? this.#wrongToken(parameters)
      : "InvalidAction.NotFound";
    if (refused !== undefined) return refused;
    if (!/^[\w.@-]{2,64}$/.test(RoleSessionName)) return "InvalidParameter.RoleSessionName";
    const seconds = Number(DurationSeconds ?? 3600);
    if (!(seconds >= 900 && seconds <= 43_200)) return "InvalidParameter.DurationSeconds";
    return this.roles.has(RoleArn) ? undefined : "EntityNotExist.Role";
  }

  #wrongSigner(parameters: Readonly<Record<string, string>>): string | undefined {
    const { AccessKeyId, SecurityToken, SignatureNonce = "", Signature } = parameters;
    const caller = this.callers.find(({ id }) => id === AccessKeyId);
    if (!caller) return "InvalidAccessKeyId.NotFound";
    if (caller.disabled) return "InvalidAccessKeyId.Inactive";
    const { Signature: _own, ...signed } = parameters;
    const expected = createHmac("sha1", `${caller.secret}&`).update(stringToSign(signed))
      .digest("base64");
    if (Signature !== expected) return "SignatureDoesNotMatch";
    if (SecurityToken !== caller.securityToken) {
      return SecurityToken === undefined
        ? "MissingSecurityToken"
        : "InvalidSecurityToken.MismatchWithAccessKey";
    }
    if (caller.expiresSec !== undefined && this.#nowMs / 1000 >= caller.expiresSec) {
      return "InvalidSecurityToken.Expired";
    }
    if (this.#nonces.has(SignatureNonce)) return "SignatureNonceUsed";
    this.#nonces.add(SignatureNonce);
    return undefined;
  }

  #wrongToken(parameters: Readonly<Record<string, string>>): string | undefined {
    const signs = ["AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"];
    if (signs.some((name) => name in parameters)) return "InvalidParameter";
    if (parameters.OIDCProviderArn !== this.providerArn) return "AuthenticationFail.NoPermission";
    const { OIDCToken = "" } = parameters;
    if (this.oidcTokens.has(OIDCToken)) return undefined;
    return OIDCToken.split(".").length === 3 && OIDCToken.trim() === OIDCToken
      ? "AuthenticationFail.OIDCToken.Expired"
      : "AuthenticationFail.OIDCToken.Invalid";
  }

  #issue({ RoleArn, RoleSessionName, DurationSeconds = "3600" }: Readonly<Record<string, string>>) {
    const n = this.issued.length + 1;
    const endMs = this.#nowMs + (this.livesMs ?? Number(DurationSeconds) * 1000);
    const expiresSec = Math.floor(endMs / 1000);
    const [id, secret] = [`STS.issued-${n}`, `issued-secret-${n}`];
    const key = { id, secret, securityToken: `CAIS+issued/token-${n}==`, expiresSec };
    this.issued.push(key);
    this.onIssued(key);
    return {
      RequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
      AssumedRoleUser: { Arn: `${RoleArn}/${RoleSessionName}`, AssumedRoleId: "1:x" },
      Credentials: {
        AccessKeyId: id,
        AccessKeySecret: secret,
        SecurityToken: key.securityToken,
        Expiration: new Date(expiresSec * 1000).toISOString().replace(".000", ""),
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}

/** By the vendor's document, not by the code under test. */
function stringToSign(parameters: Readonly<Record<string, string>>): string {
  const encode = (text: string) =>
    [...new TextEncoder().encode(text)].map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9_.~-]/.test(character)) return character;
      return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    }).join("");
  const pairs = Object.entries(parameters).map(([name, value]) => [encode(name), encode(value)]);
  const sorted = pairs.sort(([a], [b]) => a! < b! ? -1 : 1).map((pair) => pair.join("="));
  return `POST&%2F&${encode(sorted.join("&"))}`;
}
