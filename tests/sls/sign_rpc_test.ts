import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import { signRpc, stringToSignRpc } from "../../src/sls/sign_rpc.ts";

const moment = {
  nowMs: Date.parse("2026-01-02T03:04:05.678Z"),
  nonce: "9f1c0de4-0b7a-4c1e-8f2a-5d6e7f809102",
};
const common = { Action: "AssumeRole", Format: "JSON", Version: "2015-04-01" };

/** Made with the vendor's `@alicloud/credentials` under a fixed clock and nonce; its other two clients agree. */
const examples: [
  title: string,
  parameters: Record<string, string>,
  keys: readonly [id: string, secret: string, token?: string],
  stringToSign: string,
  signature: string,
][] = [
  [
    "a call with a key pair",
    {
      RoleArn: "acs:ram::123456789012:role/logreader",
      RoleSessionName: "forwarder",
      DurationSeconds: "3600",
    },
    ["testid", "testsecret"],
    "POST&%2F&AccessKeyId%3Dtestid%26Action%3DAssumeRole%26DurationSeconds%3D3600%26Format%3DJSON%26RoleArn%3Dacs%253Aram%253A%253A123456789012%253Arole%252Flogreader%26RoleSessionName%3Dforwarder%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D9f1c0de4-0b7a-4c1e-8f2a-5d6e7f809102%26SignatureVersion%3D1.0%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26Version%3D2015-04-01",
    "q/GNvsw9VgYATEEpo4Yj8WuCZN8=",
  ],
  [
    "a call with temporary credentials and every parameter",
    {
      RoleArn: "acs:ram::123456789012:role/log reader*~",
      RoleSessionName: "fw.1@host-a_b",
      DurationSeconds: "900",
      ExternalId: "ext=1,2/3",
      Policy: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"log:Get*","Resource":"*"}]}',
    },
    ["STS.testid", "testsecret2", "CAIS+tok/en=="],
    "POST&%2F&AccessKeyId%3DSTS.testid%26Action%3DAssumeRole%26DurationSeconds%3D900%26ExternalId%3Dext%253D1%252C2%252F3%26Format%3DJSON%26Policy%3D%257B%2522Version%2522%253A%25221%2522%252C%2522Statement%2522%253A%255B%257B%2522Effect%2522%253A%2522Allow%2522%252C%2522Action%2522%253A%2522log%253AGet%252A%2522%252C%2522Resource%2522%253A%2522%252A%2522%257D%255D%257D%26RoleArn%3Dacs%253Aram%253A%253A123456789012%253Arole%252Flog%2520reader%252A~%26RoleSessionName%3Dfw.1%2540host-a_b%26SecurityToken%3DCAIS%252Btok%252Fen%253D%253D%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D9f1c0de4-0b7a-4c1e-8f2a-5d6e7f809102%26SignatureVersion%3D1.0%26Timestamp%3D2026-01-02T03%253A04%253A05Z%26Version%3D2015-04-01",
    "kVEH3lJQBu2gp8saOpxr0Mta3uw=",
  ],
];
for (const [title, parameters, [id, secret, token], stringToSign, signature] of examples) {
  Deno.test(`signRpc() signs ${title} as the vendor's clients do`, () => {
    const credentials = {
      accessKeyId: id,
      accessKeySecret: new Secret(secret),
      securityToken: token === undefined ? undefined : new Secret(token),
    };
    const { Signature, ...signed } = signRpc({ ...common, ...parameters }, credentials, moment);
    assert.equal(stringToSignRpc(signed), stringToSign);
    assert.equal(Signature, signature);
  });
}

Deno.test("stringToSignRpc() encodes what encodeURIComponent leaves", () => {
  assert.equal(
    stringToSignRpc({ a: "!'()*~ é" }),
    "POST&%2F&a%3D%2521%2527%2528%2529%252A~%2520%25C3%25A9",
  );
});
