import assert from "node:assert/strict";
import type { AccessKey } from "../../../src/emulator/core/sls/access_key.ts";
import {
  authenticate,
  type AuthenticationPorts,
} from "../../../src/emulator/core/sls/authenticate.ts";
import type { SignedRequest } from "../../../src/emulator/core/sls/signed_request.ts";
import { SlsError } from "../../../src/emulator/core/sls/sls_error.ts";

// The four examples were computed with the vendor's Python SDK.
export const KEY: AccessKey = {
  id: "LTAI4TESTEXAMPLEKEYID",
  secret: "ExampleSecret0123456789abcdefGHIJ",
};
const TOKEN = "CAISexampleStsToken+/==";
export const STS_KEY: AccessKey = { ...KEY, securityToken: TOKEN };
export const PORTS: AuthenticationPorts = {
  accessKeys: [KEY],
  region: "cn-hangzhou",
  nowMs: Date.UTC(2026, 9, 6, 8, 30),
  skewCode: "RequestTimeTooSkewed",
};
export const HOST = "demo-project.cn-hangzhou.log.aliyuncs.com";
export const DATE = "Tue, 06 Oct 2026 08:30:00 GMT";
const PULL_QUERY = "type=logs&cursor=MTc1OTczOTQwMDAwMDAwMDAwMA%3D%3D&count=1000" +
  "&query=%2A+%7C+where+status+%3D+%27500%27+and+path+like+%27%2Fa%25b%2Bc%2F%25%27+and+msg+%3D+" +
  "%22%E9%94%99%E8%AF%AF%22&pullMode=scan_on_stream";

function request(
  method: string,
  path: string,
  query: string,
  headers: Record<string, string>,
  body = "",
): SignedRequest {
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: new Headers({ "x-log-apiversion": "0.6.0", ...headers }),
    body: new TextEncoder().encode(body),
  };
}

export const example1a = request("GET", "/logstores/demo-store/shards/0", PULL_QUERY, {
  "x-log-bodyrawsize": "0",
  "x-log-signaturemethod": "hmac-sha1",
  date: DATE,
  authorization: "LOG LTAI4TESTEXAMPLEKEYID:k7zjG5YGyDn98IyBTCgA1SV2940=",
});

export const example1b = request(
  "POST",
  "/logstores/demo-store/consumergroups/demo-group",
  "type=heartbeat&consumer=host-a%3A1234",
  {
    "content-type": "application/json",
    "content-md5": "CCFCD347D0BF65DC77AFE01A3306A96B",
    "x-log-bodyrawsize": "5",
    "x-log-signaturemethod": "hmac-sha1",
    "x-acs-security-token": TOKEN,
    date: DATE,
    authorization: "LOG LTAI4TESTEXAMPLEKEYID:/otqXTR6wfuEHLQQ9EnIKYzoQ/g=",
  },
  "[0,1]",
);

export const CREDENTIAL =
  "Credential=LTAI4TESTEXAMPLEKEYID/20261006/cn-hangzhou/sls/aliyun_v4_request";

export const example4a = request("GET", "/logstores/demo-store/shards/0", PULL_QUERY, {
  host: HOST,
  "x-log-bodyrawsize": "0",
  "x-log-date": "20261006T083000Z",
  "x-log-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  authorization: `SLS4-HMAC-SHA256 ${CREDENTIAL},` +
    "Signature=6b5f6dcc208a00168da265e9c206847e1518e2b711a1882fd6de297e912d030b",
});

export const example4b = request(
  "POST",
  "/logstores/demo-store/consumergroups/demo-group",
  "type=checkpoint&consumer=host-a%3A1234&forceSuccess=false",
  {
    host: HOST,
    "content-type": "application/json",
    "x-log-bodyrawsize": "55",
    "x-acs-security-token": TOKEN,
    "x-log-date": "20261006T083000Z",
    "x-log-content-sha256": "aeaa805759190850199d0fbd7df4d199d9f2b9502d935e46bc63b691adc6dede",
    authorization: `SLS4-HMAC-SHA256 ${CREDENTIAL},` +
      "Signature=f4143ac693465b4d45dc64457b05118fb6e601eaa6ae1bc53456c608e58194c0",
  },
  '{"shard":0,"checkpoint":"MTc1OTczOTQwMDAwMDAwMDAwMA=="}',
);

/** The headers of a request, some of them set, or removed where undefined. */
export function withHeaders(
  { headers }: SignedRequest,
  changes: Record<string, string | undefined>,
): Headers {
  const changed = new Headers(headers);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

/** Expects a refusal. */
export function refuses(
  request: SignedRequest,
  ports: AuthenticationPorts,
  status: number,
  code: string,
): void {
  assert.throws(() => authenticate(request, ports), (error) => {
    assert.ok(error instanceof SlsError, String(error));
    assert.deepEqual([error.status, error.code], [status, code], error.message);
    return true;
  });
}
