import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import type { Credentials } from "../../src/sls/credentials.ts";
import { signV1, stringToSignV1 } from "../../src/sls/sign_v1.ts";
import { canonicalRequest, signV4 } from "../../src/sls/sign_v4.ts";
import type { UnsignedRequest } from "../../src/sls/sls_request.ts";

// Worked examples computed with the vendor's Python signer.
const nowMs = Date.UTC(2026, 9, 6, 8, 30, 0);
const plain: Credentials = {
  accessKeyId: "LTAI4TESTEXAMPLEKEYID",
  accessKeySecret: new Secret("ExampleSecret0123456789abcdefGHIJ"),
};
const sts: Credentials = { ...plain, securityToken: new Secret("CAISexampleStsToken+/==") };
const version = { "x-log-apiversion": "0.6.0" };
const host = { host: "demo-project.cn-hangzhou.log.aliyuncs.com" };

const pull: UnsignedRequest = {
  method: "GET",
  path: "/logstores/demo-store/shards/0",
  query: {
    type: "logs",
    cursor: "MTc1OTczOTQwMDAwMDAwMDAwMA==",
    count: "1000",
    query: `* | where status = '500' and path like '/a%b+c/%' and msg = "错误"`,
    pullMode: "scan_on_stream",
  },
  headers: { ...version, "x-log-bodyrawsize": "0" },
};
const heartbeat: UnsignedRequest = {
  method: "POST",
  path: "/logstores/demo-store/consumergroups/demo-group",
  query: { type: "heartbeat", consumer: "host-a:1234" },
  headers: { ...version, "x-log-bodyrawsize": "5", "content-type": "application/json" },
  body: new TextEncoder().encode("[0,1]"),
};
const checkpoint: UnsignedRequest = {
  method: "POST",
  path: "/logstores/demo-store/consumergroups/demo-group",
  query: { type: "checkpoint", consumer: "host-a:1234", forceSuccess: "false" },
  headers: { ...version, "x-log-bodyrawsize": "55", "content-type": "application/json", ...host },
  body: new TextEncoder().encode(`{"shard":0,"checkpoint":"MTc1OTczOTQwMDAwMDAwMDAwMA=="}`),
};

Deno.test("signV1() signs a pull with SPL as the vendor's signer does", () => {
  const headers = signV1(pull, plain, nowMs);
  assert.equal(
    stringToSignV1(pull, headers),
    [
      "GET",
      "",
      "",
      "Tue, 06 Oct 2026 08:30:00 GMT",
      "x-log-apiversion:0.6.0",
      "x-log-bodyrawsize:0",
      "x-log-signaturemethod:hmac-sha1",
      `/logstores/demo-store/shards/0?count=1000&cursor=MTc1OTczOTQwMDAwMDAwMDAwMA==` +
      `&pullMode=scan_on_stream&query=* | where status = '500' and path like '/a%b+c/%'` +
      ` and msg = "错误"&type=logs`,
    ].join("\n"),
  );
  assert.equal(
    headers.authorization,
    "LOG LTAI4TESTEXAMPLEKEYID:k7zjG5YGyDn98IyBTCgA1SV2940=",
  );
});

Deno.test("signV1() signs a heartbeat with a security token as the vendor's signer does", () => {
  const headers = signV1(heartbeat, sts, nowMs);
  assert.equal(headers["content-md5"], "CCFCD347D0BF65DC77AFE01A3306A96B");
  assert.equal(
    headers.authorization,
    "LOG LTAI4TESTEXAMPLEKEYID:/otqXTR6wfuEHLQQ9EnIKYzoQ/g=",
  );
});

Deno.test("signV4() signs a pull with SPL as the vendor's signer does", () => {
  const headers = signV4(
    { ...pull, headers: { ...pull.headers, ...host } },
    plain,
    "cn-hangzhou",
    nowMs,
  );
  assert.equal(
    headers.authorization,
    "SLS4-HMAC-SHA256 Credential=LTAI4TESTEXAMPLEKEYID/20261006/cn-hangzhou/sls/aliyun_v4_request," +
      "Signature=6b5f6dcc208a00168da265e9c206847e1518e2b711a1882fd6de297e912d030b",
  );
});

Deno.test("signV4() signs a checkpoint with a security token as the vendor's signer does", () => {
  const headers = signV4(checkpoint, sts, "cn-hangzhou", nowMs);
  assert.equal(
    canonicalRequest(checkpoint, headers),
    [
      "POST",
      "/logstores/demo-store/consumergroups/demo-group",
      "consumer=host-a%3A1234&forceSuccess=false&type=checkpoint",
      "content-type:application/json",
      "host:demo-project.cn-hangzhou.log.aliyuncs.com",
      "x-acs-security-token:CAISexampleStsToken+/==",
      "x-log-apiversion:0.6.0",
      "x-log-bodyrawsize:55",
      "x-log-content-sha256:aeaa805759190850199d0fbd7df4d199d9f2b9502d935e46bc63b691adc6dede",
      "x-log-date:20261006T083000Z",
      "",
      "content-type;host;x-acs-security-token;x-log-apiversion;x-log-bodyrawsize;" +
      "x-log-content-sha256;x-log-date",
      "aeaa805759190850199d0fbd7df4d199d9f2b9502d935e46bc63b691adc6dede",
    ].join("\n"),
  );
  assert.equal(
    headers.authorization,
    "SLS4-HMAC-SHA256 Credential=LTAI4TESTEXAMPLEKEYID/20261006/cn-hangzhou/sls/aliyun_v4_request," +
      "Signature=f4143ac693465b4d45dc64457b05118fb6e601eaa6ae1bc53456c608e58194c0",
  );
});

Deno.test("signV4() writes a key with an empty value alone, signV1() with its equals sign", () => {
  const empty: UnsignedRequest = { method: "GET", path: "/", query: { a: "" }, headers: {} };
  assert.match(canonicalRequest(empty, signV4(empty, plain, "r", nowMs)), /^GET\n\/\na\n/);
  assert.match(stringToSignV1(empty, signV1(empty, plain, nowMs)), /\/\?a=$/);
});
