import { Secret } from "../../base/secret.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { looksSecret, showValue } from "../shown.ts";
import { showUrl, urlParts, type WebScheme, webScheme } from "./urls.ts";

/** Where the Security Token Service is. */
export interface StsEndpoint {
  /** How it is reached: `http` on this host alone. */
  readonly scheme: WebScheme;
  /** Lower case; an IPv6 address is in brackets. */
  readonly host: string;
  /** As written, or the scheme's own. */
  readonly port: number;
  /** Scheme, host and port: `https://sts.cn-hangzhou.aliyuncs.com:443`. */
  readonly origin: string;
}

const CENTRAL_HOST = "sts.aliyuncs.com";

/** The regions with a host of their own, `sts.REGION.aliyuncs.com`, by the vendor's API metadata (2025-12). */
const REGIONS_WITH_HOST: ReadonlySet<string> = new Set([
  "cn-qingdao",
  "cn-beijing",
  "cn-zhangjiakou",
  "cn-huhehaote",
  "cn-wulanchabu",
  "cn-hangzhou",
  "cn-shanghai",
  "cn-nanjing",
  "cn-fuzhou",
  "cn-shenzhen",
  "cn-heyuan",
  "cn-guangzhou",
  "cn-wuhan-lr",
  "cn-chengdu",
  "cn-hongkong",
  "ap-northeast-1",
  "ap-northeast-2",
  "ap-southeast-1",
  "ap-southeast-3",
  "ap-southeast-5",
  "ap-southeast-7",
  "us-east-1",
  "us-west-1",
  "na-south-1",
  "eu-west-1",
  "eu-central-1",
  "me-east-1",
  "me-central-1",
  "cn-shanghai-finance-1",
  "cn-beijing-finance-1",
]);

/** The STS of a region; the central one for a region without its own, and without a region. */
export function stsOfRegion(region: string | undefined): StsEndpoint {
  const hasHost = region !== undefined && REGIONS_WITH_HOST.has(region);
  return endpointAt("https", hasHost ? `sts.${region}.aliyuncs.com` : CENTRAL_HOST, 443);
}

function endpointAt(scheme: WebScheme, host: string, port: number): StsEndpoint {
  return { scheme, host, port, origin: `${scheme}://${host}:${port}` };
}

/** Hosts that http may be used with: nothing leaves this host. */
const OWN_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const ENDPOINT_EXPECTED =
  "a host with or without port, such as sts.cn-hangzhou.aliyuncs.com or sts-vpc.cn-hangzhou.aliyuncs.com " +
  "(https; http only for this host itself)";

/** A host, with or without scheme and port. */
export function stsEndpoint(): Scalar<StsEndpoint> {
  const json = { type: "string" };
  return scalar({ kind: "host", expected: ENDPOINT_EXPECTED, json, show: showUrl }, (text) => {
    const parts = urlParts(text.includes("://") ? text : `https://${text}`, ["https", "http"]);
    if (!parts || parts.path || parts.hasQuery || parts.username || parts.password) {
      return new Refused(ENDPOINT_EXPECTED);
    }
    const { host, port } = parts;
    const scheme = webScheme(parts.scheme);
    if (scheme === "http" && !OWN_HOST.test(host)) return new Refused(ENDPOINT_EXPECTED);
    return endpointAt(scheme, host, port);
  });
}

/** The ARN of a RAM role. */
export function roleArn(): Scalar<string> {
  return arn(
    "a RAM role",
    "acs:ram::ACCOUNT:role/NAME",
    /^acs:ram::\d{1,32}:role\/[\w.@/-]{1,128}$/,
  );
}

/** The ARN of an OIDC provider that is registered in RAM. */
export function oidcProviderArn(): Scalar<string> {
  const form = "acs:ram::ACCOUNT:oidc-provider/NAME";
  return arn("an OIDC provider", form, /^acs:ram::\d{1,32}:oidc-provider\/[\w.@/-]{1,256}$/);
}

/**
 * A type of ARN.
 * @param what It is the ARN of.
 * @param form What it looks like, for messages.
 * @param pattern What it must match.
 */
function arn(what: string, form: string, pattern: RegExp): Scalar<string> {
  const expected = `the ARN of ${what}: ${form}`;
  const json = { type: "string", pattern: pattern.source };
  return scalar({ kind: "ARN", expected, json, show: showArn }, (text) => {
    return pattern.test(text) ? text : new Refused(expected);
  });
}

/** Shows what looks like an ARN, or may be shown anyway. */
function showArn(text: string): string | undefined {
  return /^acs:[\w:./-]{0,100}$/.test(text) && !looksSecret(text) ? text : showValue(text);
}

/** The name of a session, which audit logs show. */
export function sessionName(): Scalar<string> {
  const pattern = /^[\w.@-]{2,64}$/;
  const expected = "a session name: 2 to 64 letters, digits and . @ - _";
  const json = { type: "string", pattern: pattern.source };
  return scalar({ kind: "text", expected, json }, (text) => {
    return pattern.test(text) ? text : new Refused(expected);
  });
}

/** An external id, by which the role's account knows for whom the role is assumed. Not shown. */
export function externalId(): Scalar<Secret> {
  const pattern = /^[\w+=,.@:/-]{2,1224}$/;
  const expected = "an external id: 2 to 1224 letters, digits and + = , . @ : / - _";
  const json = { type: "string", pattern: pattern.source };
  return scalar({ kind: "text", expected, json, secrecy: "hidden" }, (text) => {
    return pattern.test(text) ? new Secret(text) : new Refused(expected);
  });
}

const MAX_POLICY_LENGTH = 2048;

/** A RAM policy as JSON text; blanks around it are removed. */
export function policyText(): Scalar<string> {
  const expected =
    `a RAM policy as JSON text: an object, at most ${MAX_POLICY_LENGTH} characters long`;
  const json = { type: "string", minLength: 1 };
  return scalar({ kind: "JSON text", expected, json, show: () => undefined }, (text) => {
    const policy = text.trim();
    return policy.length <= MAX_POLICY_LENGTH && isJsonObject(policy)
      ? policy
      : new Refused(expected);
  });
}

function isJsonObject(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json);
  } catch {
    return false;
  }
}
