import { choice } from "./choice.ts";
import { duration } from "./duration.ts";
import { slsEndpoint } from "./endpoint.ts";
import { filePath } from "./file_path.ts";
import { group, optional, required, withDefault } from "./option.ts";
import { proxy } from "./proxy.ts";
import { secretText } from "./secret_text.ts";
import { textValue } from "./text_value.ts";

const credentials = group("An access key pair, or the triple of a temporary one (STS).", {
  access_key_id: required(
    textValue({
      what: "an access key id: letters, digits and . _ -",
      pattern: /^[\w.-]{1,128}$/,
      hidden: true,
    }),
    { help: "Access key id.", env: "SLS_AK_ID", example: "${env:SLS_AK_ID}" },
  ),
  access_key_secret: required(
    secretText("an access key secret"),
    { help: "Access key secret.", env: "SLS_AK_KEY", example: "${env:SLS_AK_KEY}" },
  ),
  security_token: optional(secretText("a security token"), {
    help: "Token of temporary credentials.",
    env: "SLS_SECURITY_TOKEN",
    example: "${file:/run/secrets/sls_token}",
    without: "a long-lived key pair",
  }),
});

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
    help: "Extra certificate authorities (PEM), for a gateway with a private certificate.",
    example: "/etc/ssl/private-ca.pem",
    without: "the public ones",
    access: { read: true },
  }),
  proxy: optional(proxy(), {
    help: "Proxy for the requests to SLS.",
    example: "http://proxy.example.com:3128",
    without: "direct",
  }),
  timeout: withDefault(duration({ min: "10ms" }), "60s", {
    help: "Longest wait for one answer, its body included.",
  }),
});
