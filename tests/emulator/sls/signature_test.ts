import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { authenticate } from "../../../src/emulator/core/sls/authenticate.ts";
import { stringsToSignV1 } from "../../../src/emulator/core/sls/signature_v1.ts";
import { canonicalRequestV4 } from "../../../src/emulator/core/sls/signature_v4.ts";
import {
  example1a,
  example1b,
  example4a,
  example4b,
  HOST,
  KEY,
  PORTS,
  refuses,
  STS_KEY,
  withHeaders,
} from "./worked_requests.ts";

Deno.test("stringsToSignV1() writes example 1a", () => {
  assert.deepEqual(stringsToSignV1(example1a), [`GET


Tue, 06 Oct 2026 08:30:00 GMT
x-log-apiversion:0.6.0
x-log-bodyrawsize:0
x-log-signaturemethod:hmac-sha1
/logstores/demo-store/shards/0?count=1000&cursor=MTc1OTczOTQwMDAwMDAwMDAwMA==&pullMode=scan_on_stream&query=* | where status = '500' and path like '/a%b+c/%' and msg = "错误"&type=logs`]);
});

Deno.test("stringsToSignV1() writes example 1b", () => {
  assert.deepEqual(stringsToSignV1(example1b), [`POST
CCFCD347D0BF65DC77AFE01A3306A96B
application/json
Tue, 06 Oct 2026 08:30:00 GMT
x-acs-security-token:CAISexampleStsToken+/==
x-log-apiversion:0.6.0
x-log-bodyrawsize:5
x-log-signaturemethod:hmac-sha1
/logstores/demo-store/consumergroups/demo-group?consumer=host-a:1234&type=heartbeat`]);
});

Deno.test("canonicalRequestV4() writes example 4a and 4b", () => {
  const canonical = canonicalRequestV4(example4a, HOST);
  assert.equal(
    canonical,
    `GET
/logstores/demo-store/shards/0
count=1000&cursor=MTc1OTczOTQwMDAwMDAwMDAwMA%3D%3D&pullMode=scan_on_stream&query=%2A%20%7C%20where%20status%20%3D%20%27500%27%20and%20path%20like%20%27%2Fa%25b%2Bc%2F%25%27%20and%20msg%20%3D%20%22%E9%94%99%E8%AF%AF%22&type=logs
host:demo-project.cn-hangzhou.log.aliyuncs.com
x-log-apiversion:0.6.0
x-log-bodyrawsize:0
x-log-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
x-log-date:20261006T083000Z

host;x-log-apiversion;x-log-bodyrawsize;x-log-content-sha256;x-log-date
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
  );
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  assert.equal(hash(canonical), "ad49d6e653ae76c888b6e88def6e9db666cbbccc3ed8bd505c0e58f311edfff4");
  assert.equal(
    hash(canonicalRequestV4(example4b, HOST)),
    "3116e274a0012a837d51dc03074b18e344d5c8c03d99ad7f5cb95ead7f0f4ec7",
  );
});

for (
  const { name, signed, key } of [
    { name: "1a", signed: example1a, key: KEY },
    { name: "1b", signed: example1b, key: STS_KEY },
    { name: "4a", signed: example4a, key: KEY },
    { name: "4b", signed: example4b, key: STS_KEY },
  ]
) {
  Deno.test(`authenticate() accepts example ${name} and nothing that differs by a bit`, () => {
    const ports = { ...PORTS, accessKeys: [{ id: "other", secret: "x" }, key] };
    assert.equal(authenticate(signed, ports), key);
    const query = new URLSearchParams(signed.query);
    query.set("type", `${query.get("type")}x`);
    const other = [
      { ...signed, method: "PUT" },
      { ...signed, path: `${signed.path}x` },
      { ...signed, query },
      { ...signed, headers: withHeaders(signed, { "x-log-bodyrawsize": "1" }) },
      ...(signed.body.length > 0 ? [{ ...signed, body: Uint8Array.of(1) }] : []),
    ];
    for (const changed of other) refuses(changed, ports, 401, "SignatureNotMatch");
    const wrongSecret = { ...ports, accessKeys: [{ ...key, secret: "wrong" }] };
    refuses(signed, wrongSecret, 401, "SignatureNotMatch");
  });
}
