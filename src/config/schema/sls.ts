import { accessKeyId, choice, filePath, secretText, textValue } from "../types/scalars.ts";
import { duration } from "../types/quantities.ts";
import { metadataUrl, slsEndpoint } from "../types/urls.ts";
import { group, optional, required, withDefault } from "./declare.ts";
import { proxyOptions } from "./proxy_options.ts";

const credentials = group(
  "Access key pair, temporary credentials (STS), a file with either, or the RAM role of an ECS instance.",
  {
    access_key_id: optional(
      accessKeyId(),
      {
        help: "Access key id. From ${file:PATH} it is reread when the file changes.",
        env: "SLS_AK_ID",
        insteadOf: ["file", "ecs_ram_role"],
        example: "${env:SLS_AK_ID}",
        requiredUnless: "file or ecs_ram_role is set",
      },
    ),
    access_key_secret: optional(secretText("an access key secret"), {
      help: "Access key secret. From ${file:PATH} it is reread when the file changes.",
      env: "SLS_AK_KEY",
      insteadOf: ["file", "ecs_ram_role"],
      example: "${env:SLS_AK_KEY}",
      requiredUnless: "file or ecs_ram_role is set",
    }),
    security_token: optional(secretText("a security token"), {
      help: "Token of temporary credentials. From ${file:PATH} it is reread when the file changes.",
      env: "SLS_SECURITY_TOKEN",
      insteadOf: ["file", "ecs_ram_role"],
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
  },
);

/** How to reach SLS. */
export const slsOptions = group("Where the logs are read: Alibaba Cloud Simple Log Service.", {
  endpoint: required(slsEndpoint(), {
    help: "Region name, or host with or without scheme and port; https without a scheme.",
    env: "SLS_ENDPOINT",
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
  ...proxyOptions("SLS"),
  timeout: withDefault(duration({ min: "10ms" }), "60s", {
    help: "Longest wait for an answer, including its body.",
  }),
});
