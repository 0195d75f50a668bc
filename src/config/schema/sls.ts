import { accessKeyId, choice, filePath, secretText, textValue } from "../types/scalars.ts";
import { duration } from "../types/quantities.ts";
import { metadataUrl, slsEndpoint } from "../types/urls.ts";
import {
  externalId,
  oidcProviderArn,
  policyText,
  roleArn,
  sessionName,
  stsEndpoint,
} from "../types/sts.ts";
import {
  group,
  listItem,
  optional,
  optionalGroup,
  overridesOf,
  required,
  withDefault,
} from "./declare.ts";
import { proxyOptions } from "./proxy_options.ts";

const stsEndpointHelp = "Host of STS; sts.aliyuncs.com when left out for a region without its own.";
const stsWithout = "that of the SLS region";

/** A RAM role that is assumed with other credentials. */
export const assumeRoleOptions = listItem({
  role_arn: required(roleArn(), {
    help: "The RAM role, such as one of another account.",
    example: "acs:ram::1234567890123456:role/logreader",
  }),
  session_name: required(sessionName(), {
    help: "Names this program in the audit log of the role's account.",
    example: "sls2hec",
  }),
  external_id: optional(externalId(), {
    help: "External id, where the role's trust policy asks for one.",
    example: "${env:STS_EXTERNAL_ID}",
    without: "none is sent",
  }),
  duration: withDefault(duration({ min: "15m", max: "12h", wholeSeconds: true }), "1h", {
    help: "How long the credentials are valid; at most the role's maximum session duration.",
  }),
  policy: optional(policyText(), {
    help: "RAM policy (JSON text) that narrows what the credentials may do.",
    example: `'{"Version":"1","Statement":[{"Effect":"Allow","Action":"log:*","Resource":"*"}]}'`,
    without: "all that the role may do",
  }),
  sts_endpoint: optional(stsEndpoint(), {
    help: stsEndpointHelp,
    example: "sts.cn-hangzhou.aliyuncs.com",
    without: stsWithout,
  }),
});

/** A RAM role that is assumed with a token of an OIDC provider. */
export const oidcOptions = listItem({
  role_arn: required(roleArn(), {
    help: "The RAM role. oidc: auto takes it and the rest of oidc from the variables.",
    env: "ALIBABA_CLOUD_ROLE_ARN",
    example: "acs:ram::1234567890123456:role/logreader",
  }),
  provider_arn: required(oidcProviderArn(), {
    help: "The OIDC provider that is registered in the role's account.",
    env: "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    example: "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1",
  }),
  token_file: required(filePath("file"), {
    help: "Token of the service account; read again each time credentials are fetched.",
    env: "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    example: "/var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token",
    // Not marked as secret: who may read it is the webhook's choice, so that a warning could not be heeded.
    access: { read: true },
  }),
  session_name: withDefault(sessionName(), "sls2hec", {
    help: "Names this program in the audit log of the role's account.",
    env: "ALIBABA_CLOUD_ROLE_SESSION_NAME",
  }),
  sts_endpoint: optional(stsEndpoint(), {
    help: stsEndpointHelp,
    env: "ALIBABA_CLOUD_STS_ENDPOINT",
    example: "sts-vpc.cn-hangzhou.aliyuncs.com",
    without: stsWithout,
  }),
}, "auto, or a mapping of options");

/** Options of the credentials that are used in place of a key pair. */
export const INSTEAD_OF_KEY_PAIR = ["file", "ecs_ram_role", "oidc"];
const OTHER_IS_SET = "file, ecs_ram_role or oidc is set";

const credentials = group(
  "Access key pair, temporary credentials (STS), a file with either, or the RAM role of an ECS instance or a pod.",
  {
    access_key_id: optional(
      accessKeyId(),
      {
        help: "Access key id. From ${file:PATH} it is reread when the file changes.",
        env: "SLS_AK_ID",
        insteadOf: INSTEAD_OF_KEY_PAIR,
        example: "${env:SLS_AK_ID}",
        requiredUnless: OTHER_IS_SET,
      },
    ),
    access_key_secret: optional(secretText("an access key secret"), {
      help: "Access key secret. From ${file:PATH} it is reread when the file changes.",
      env: "SLS_AK_KEY",
      insteadOf: INSTEAD_OF_KEY_PAIR,
      example: "${env:SLS_AK_KEY}",
      requiredUnless: OTHER_IS_SET,
    }),
    security_token: optional(secretText("a security token"), {
      help: "Token of temporary credentials. From ${file:PATH} it is reread when the file changes.",
      env: "SLS_SECURITY_TOKEN",
      insteadOf: INSTEAD_OF_KEY_PAIR,
      example: "${file:/run/secrets/sls_token}",
      without: "a long-lived key pair",
    }),
    file: optional(filePath("file"), {
      help:
        "JSON with AccessKeyId, AccessKeySecret, SecurityToken, Expiration; reread when it changes.",
      example: "/run/secrets/sls.json",
      without: "the pair above",
      access: { read: true, secret: true },
    }),
    ecs_ram_role: optional(
      textValue({
        what: "the name of a RAM role, or auto",
        pattern: /^[\w.-]{1,64}$/,
      }),
      {
        help: "RAM role of the ECS instance this runs on; auto finds its name.",
        example: "auto",
        without: "the pair above",
      },
    ),
    ecs_metadata_url: withDefault(metadataUrl(), "http://100.100.100.200", {
      help: "Metadata service for ecs_ram_role; never reached through a proxy.",
    }),
    oidc: optionalGroup(
      "RAM role of a Kubernetes service account (RRSA). auto: all of it from the variables.",
      oidcOptions,
      "auto",
    ),
    assume_role: optionalGroup(
      "A RAM role that is assumed with the pair, the file or the ECS role above.",
      assumeRoleOptions,
    ),
  },
);

const shape = {
  endpoint: required(slsEndpoint(), {
    help: "Region name, or host with or without scheme and port; https without a scheme.",
    env: "SLS_ENDPOINT",
    listEnv: "SLS_ENDPOINTS",
    example: "cn-hangzhou.log.aliyuncs.com",
  }),
  region: optional(
    textValue({ what: "a region id such as cn-hangzhou", pattern: /^[a-z0-9-]{2,64}$/ }),
    {
      help: "Region id for signature v4; with signature: auto it selects v4.",
      env: "SLS_REGION",
      example: "cn-hangzhou",
      without: "taken from the endpoint when v4 needs it",
    },
  ),
  signature: withDefault(choice("auto", "v1", "v4"), "auto", {
    help: "How requests are signed; auto is v4 when region is set, else v1.",
  }),
  credentials,
  ca_file: optional(filePath("file"), {
    help: "Extra certificate authorities (PEM), such as a gateway's; reread when the file changes.",
    example: "/etc/ssl/private-ca.pem",
    without: "the public ones",
    access: { read: true },
  }),
  ...proxyOptions("SLS", "SLS_PROXY"),
  timeout: withDefault(duration({ min: "10ms" }), "60s", {
    help: "Longest wait for an answer, including its body.",
  }),
};

/** How to reach SLS. */
export const slsOptions = group(
  "Where the logs are read: Alibaba Cloud Simple Log Service.",
  shape,
);

/** The same keys for one source. */
export const sourceSls = listItem(overridesOf("sls", shape));
