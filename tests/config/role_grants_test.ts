import assert from "node:assert/strict";
import { PROXY_VARIABLES } from "../../src/base/runtime_variables.ts";
import type { Grant } from "../../src/config/grant.ts";
import { loadConfig } from "../../src/config/load_config.ts";
import { formatProblems } from "../../src/config/problems.ts";
import { type Given, loaded, smallest, sourceOf } from "./test_sources.ts";

const ARN = "acs:ram::1234567890123456";
const KEYS = "access_key_id: id, access_key_secret: hidden-1";
const ASSUME_ROLE = `assume_role: {role_arn: "${ARN}:role/r", session_name: me}`;

function grantFor(given: Given): Grant {
  const result = loadConfig(sourceOf(given));
  assert.ok(result.ok, result.ok ? "" : formatProblems(result.problems));
  return result.grant;
}

for (
  const [region, host] of [
    ["cn-shanghai-finance-1", "sts.cn-shanghai-finance-1.aliyuncs.com:443"],
    ["cn-hangzhou-finance", "sts.aliyuncs.com:443"],
    ["eu-central-1-intranet", "sts.eu-central-1.aliyuncs.com:443"],
    ["xx-nowhere-1", "sts.aliyuncs.com:443"],
  ] as const
) {
  Deno.test(`loadConfig() grants ${host} for STS when the logs are in ${region}`, () => {
    const text = smallest.replace(KEYS, `${KEYS}, ${ASSUME_ROLE}`)
      .replace("cn-hangzhou.log", `${region}.log`);
    const { net, why } = grantFor({ text });
    assert.deepEqual(net.filter((host) => host.startsWith("sts")), [host]);
    const reason = why.find(({ value }) => value === host)?.reason;
    assert.equal(reason, "sls.credentials.assume_role");
  });
}

Deno.test("loadConfig() grants the STS of the region that is set for an endpoint without one", () => {
  const text = smallest.replace(KEYS, `${KEYS}, ${ASSUME_ROLE}`)
    .replace("cn-hangzhou.log.aliyuncs.com", "10.0.0.7\n  region: cn-beijing");
  assert.ok(grantFor({ text }).net.includes("sts.cn-beijing.aliyuncs.com:443"));
});

for (
  const [noProxy, granted] of [
    ["none.test", true],
    ["sts.cn-hangzhou.aliyuncs.com,.log.aliyuncs.com", false],
    [".log.aliyuncs.com", true],
  ] as const
) {
  Deno.test(`loadConfig() grants the proxy to STS unless it is in no_proxy: ${noProxy}`, () => {
    const proxy = `proxy: "http://proxy-s:3128"\n  no_proxy: ${noProxy}\n  credentials:`;
    const text = smallest.replace(KEYS, `${KEYS}, ${ASSUME_ROLE}`).replace("credentials:", proxy);
    assert.equal(grantFor({ text }).net.includes("proxy-s:3128"), granted);
  });
}

Deno.test("loadConfig() takes a service account's role from the variables of its pod, and grants them", () => {
  const pod = {
    ALIBABA_CLOUD_ROLE_ARN: `${ARN}:role/r`,
    ALIBABA_CLOUD_OIDC_PROVIDER_ARN: `${ARN}:oidc-provider/p`,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: "/var/run/token",
    ALIBABA_CLOUD_STS_ENDPOINT: "sts-vpc.cn-hangzhou.aliyuncs.com",
  };
  const text = smallest.replace(KEYS, "oidc: auto");
  const grant = grantFor({ text, env: pod });
  assert.ok(grant.net.includes("sts-vpc.cn-hangzhou.aliyuncs.com:443"));
  assert.ok(grant.read.includes("/var/run/token"));
  assert.deepEqual(grant.env.filter((name) => !PROXY_VARIABLES.includes(name)).sort(), [
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "ALIBABA_CLOUD_ROLE_ARN",
    "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    "ALIBABA_CLOUD_STS_ENDPOINT",
    "SLS_PROXY",
    "SLS_REGION",
    "SPLUNK_HEC_ACK",
    "SPLUNK_HEC_CA_FILE",
    "SPLUNK_HEC_PROXY",
  ]);
  assert.deepEqual(loaded({ text, env: pod }).sls.credentials, {
    from: "oidc",
    roleArn: `${ARN}:role/r`,
    providerArn: `${ARN}:oidc-provider/p`,
    tokenFile: "/var/run/token",
    sessionName: "sls2hec",
    sts: {
      scheme: "https",
      host: "sts-vpc.cn-hangzhou.aliyuncs.com",
      port: 443,
      origin: "https://sts-vpc.cn-hangzhou.aliyuncs.com:443",
    },
  });
});
