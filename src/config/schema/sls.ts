import { choice, filePath, textValue } from "../types/scalars.ts";
import { hostList } from "../types/hosts.ts";
import { duration } from "../types/quantities.ts";
import { accessKeyId, secretText } from "../types/secrets.ts";
import { metadataUrl, proxy, slsEndpoint } from "../types/urls.ts";
import { group, optional, required, withDefault } from "./declare.ts";

const credentials = group(
  "An access key pair, the triple of a temporary one (STS), a file of them, or an ECS instance's role.",
  {
    access_key_id: optional(
      accessKeyId(),
      {
        help: "Access key id. Out of ${file:PATH} it is read again when the file changes.",
        env: "SLS_AK_ID",
        insteadOf: ["file", "ecs_ram_role"],
        example: "${env:SLS_AK_ID}",
        requiredUnless: "file or ecs_ram_role is set",
      },
    ),
    access_key_secret: optional(secretText("an access key secret"), {
      help: "Access key secret; read again likewise.",
      env: "SLS_AK_KEY",
      insteadOf: ["file", "ecs_ram_role"],
      example: "${env:SLS_AK_KEY}",
      requiredUnless: "file or ecs_ram_role is set",
    }),
    security_token: optional(secretText("a security token"), {
      help: "Token of temporary credentials; read again likewise.",
      env: "SLS_SECURITY_TOKEN",
      insteadOf: ["file", "ecs_ram_role"],
      example: "${file:/run/secrets/sls_token}",
      without: "a long-lived key pair",
    }),
    file: optional(filePath("file"), {
      help:
        "JSON with AccessKeyId, AccessKeySecret, SecurityToken, Expiration; read again on change.",
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
      help: "Metadata service that ecs_ram_role asks, never through a proxy.",
    }),
  },
);

/** How to reach SLS. */
export const slsOptions = group("Where the logs are read: Alibaba Cloud Simple Log Service.", {
  endpoint: required(slsEndpoint(), {
    help: "Region name, or host with or without scheme and port; without a scheme, https.",
    env: "SLS_ENDPOINT",
    example: "cn-hangzhou.log.aliyuncs.com",
  }),
  region: optional(
    textValue({ what: "a region id such as cn-hangzhou", pattern: /^[a-z0-9-]{2,64}$/ }),
    {
      help: "Region id for signature v4; with signature auto it turns v4 on.",
      env: "SLS_REGION",
      example: "cn-hangzhou",
      without: "taken from the endpoint where v4 needs it",
    },
  ),
  signature: withDefault(choice("auto", "v1", "v4"), "auto", {
    help: "How requests are signed; auto is v4 when region is set, else v1.",
  }),
  credentials,
  ca_file: optional(filePath("file"), {
    help:
      "Extra certificate authorities (PEM), for a gateway with a private certificate; read again on change.",
    example: "/etc/ssl/private-ca.pem",
    without: "the public ones",
    access: { read: true },
  }),
  proxy: optional(proxy(), {
    help:
      "Proxy for the requests to SLS; env takes HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.",
    example: "http://proxy.example.com:3128",
    without: "direct",
  }),
  no_proxy: optional(hostList(), {
    help: "Hosts and ranges of addresses that are reached without the proxy.",
    example: "localhost,.corp.example.com,10.0.0.0/8",
    without: "none",
  }),
  timeout: withDefault(duration({ min: "10ms" }), "60s", {
    help: "Longest wait for one answer, its body included.",
  }),
});
