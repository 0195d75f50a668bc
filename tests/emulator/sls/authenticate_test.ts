import assert from "node:assert/strict";
import { authenticate } from "../../../src/emulator/core/sls/authenticate.ts";
import { signatureV1, stringsToSignV1 } from "../../../src/emulator/core/sls/signature_v1.ts";
import type { SignedRequest } from "../../../src/emulator/core/sls/signed_request.ts";
import {
  CREDENTIAL,
  DATE,
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

const V4 = example4a.headers.get("authorization")!;

for (
  const { name, headers, status, code, base = example1a } of [
    {
      name: "without a version",
      headers: { "x-log-apiversion": undefined },
      status: 400,
      code: "MissingAPIVersion",
    },
    {
      name: "of another version",
      headers: { "x-log-apiversion": "0.7.0" },
      status: 400,
      code: "InvalidAPIVersion",
    },
    {
      name: "without authorization",
      headers: { authorization: undefined },
      status: 400,
      code: "MissingParameter",
    },
    {
      name: "without a signature method",
      headers: { "x-log-signaturemethod": undefined },
      status: 400,
      code: "MissingParameter",
    },
    {
      name: "of an unknown signature method",
      headers: { "x-log-signaturemethod": "md5" },
      status: 400,
      code: "InvalidSignatureMethod",
    },
    { name: "without a date", headers: { date: undefined }, status: 400, code: "MissingDate" },
    {
      name: "with a date in ISO form",
      headers: { date: "2026-10-06T08:30:00Z" },
      status: 400,
      code: "InvalidRequestTime",
    },
    {
      name: "with a date that is none",
      headers: { date: "Tue, 99 Oct 2026 08:30:00 GMT" },
      status: 400,
      code: "InvalidRequestTime",
    },
    {
      name: "of another scheme",
      headers: { authorization: "Basic abc" },
      status: 401,
      code: "SignatureNotMatch",
    },
    {
      name: "of an unknown key",
      headers: { authorization: "LOG nobody:k7zj" },
      status: 401,
      code: "Unauthorized",
    },
    {
      name: "of version 4 without x-log-date",
      headers: { "x-log-date": undefined },
      status: 400,
      code: "MissingParameter",
      base: example4a,
    },
    {
      name: "of version 4 without a body hash",
      headers: { "x-log-content-sha256": undefined },
      status: 400,
      code: "MissingParameter",
      base: example4a,
    },
    {
      name: "of version 4 with a date of version 1",
      headers: { "x-log-date": DATE },
      status: 400,
      code: "InvalidRequestTime",
      base: example4a,
    },
    {
      name: "of version 4 with a scope of another day",
      headers: { authorization: V4.replace("20261006", "20261005") },
      status: 401,
      code: "SignatureNotMatch",
      base: example4a,
    },
    {
      name: "of version 4 with a mangled header",
      headers: { authorization: `SLS4-HMAC-SHA256 ${CREDENTIAL}` },
      status: 401,
      code: "SignatureNotMatch",
      base: example4a,
    },
  ] as {
    name: string;
    headers: Record<string, string | undefined>;
    status: number;
    code: string;
    base?: SignedRequest;
  }[]
) {
  Deno.test(`authenticate() refuses a request ${name} with ${code}`, () => {
    refuses({ ...base, headers: withHeaders(base, headers) }, PORTS, status, code);
  });
}

for (
  const { minutes, accepted } of [
    { minutes: -15, accepted: true },
    { minutes: 15, accepted: true },
    { minutes: -15.01, accepted: false },
    { minutes: 15.01, accepted: false },
  ]
) {
  Deno.test(`authenticate() ${accepted ? "accepts" : "refuses"} a clock off by ${minutes} minutes`, () => {
    const ports = { ...PORTS, nowMs: PORTS.nowMs + minutes * 60_000 };
    for (const signed of [example1a, example4a]) {
      if (accepted) assert.equal(authenticate(signed, ports), KEY);
      else refuses(signed, ports, 400, "RequestTimeTooSkewed");
    }
    if (!accepted) {
      refuses(example1a, { ...ports, skewCode: "RequestTimeExpired" }, 400, "RequestTimeExpired");
    }
  });
}

Deno.test("authenticate() refuses a version 4 signature of another region, if it has one", () => {
  refuses(example4a, { ...PORTS, region: "cn-beijing" }, 401, "SignatureNotMatch");
  assert.equal(authenticate(example4a, { ...PORTS, region: undefined }), KEY);
});

Deno.test("authenticate() uses x-log-date, unsigned, instead of Date", () => {
  // The Python SDK adds it after signing.
  const added = withHeaders(example1a, { "x-log-date": DATE });
  assert.equal(authenticate({ ...example1a, headers: added }, PORTS), KEY);
  const replaced = withHeaders(example1a, { "x-log-date": DATE, date: undefined });
  assert.equal(authenticate({ ...example1a, headers: replaced }, PORTS), KEY);
  const later = withHeaders(example1a, { "x-log-date": "Tue, 06 Oct 2026 08:31:00 GMT" });
  refuses({ ...example1a, headers: later }, PORTS, 401, "SignatureNotMatch");
});

for (const base of [example1a, example1b]) {
  Deno.test(`authenticate() takes an empty Content-MD5, with a body of ${base.body.length} bytes`, () => {
    const headers = withHeaders(base, { "content-md5": "" });
    const [text] = stringsToSignV1({ ...base, headers });
    const signature = signatureV1(KEY.secret, text!, "hmac-sha1");
    headers.set("authorization", `LOG ${KEY.id}:${signature}`);
    const accessKeys = [headers.has("x-acs-security-token") ? STS_KEY : KEY];
    assert.equal(authenticate({ ...base, headers }, { ...PORTS, accessKeys }), accessKeys[0]);
  });
}

Deno.test("authenticate() accepts the scheme SLS for LOG", () => {
  const authorization = example1a.headers.get("authorization")!.replace("LOG", "SLS");
  const headers = withHeaders(example1a, { authorization });
  assert.equal(authenticate({ ...example1a, headers }, PORTS), KEY);
});

Deno.test("authenticate() accepts a host that was signed without its port", () => {
  const headers = withHeaders(example4a, { host: `${HOST}:8080` });
  assert.equal(authenticate({ ...example4a, headers }, PORTS), KEY);
});

for (
  const { name, key } of [
    { name: "is disabled", key: { ...STS_KEY, disabled: true } },
    { name: "has another token", key: { ...STS_KEY, securityToken: "other" } },
    { name: "has ended", key: { ...STS_KEY, expiresSec: PORTS.nowMs / 1000 } },
  ]
) {
  Deno.test(`authenticate() refuses a well-signed request whose key ${name}`, () => {
    refuses(example1b, { ...PORTS, accessKeys: [key] }, 401, "Unauthorized");
    refuses(example4b, { ...PORTS, accessKeys: [key] }, 401, "Unauthorized");
  });
}

Deno.test("authenticate() refuses a temporary key without its token", () => {
  refuses(example1a, { ...PORTS, accessKeys: [STS_KEY] }, 401, "Unauthorized");
});
