import assert from "node:assert/strict";
import { parseCredentials } from "../../src/sls/parse_credentials.ts";

const seen = (text: string) => {
  const { accessKeyId, accessKeySecret, securityToken, expiresAtMs } = parseCredentials(text);
  return [accessKeyId, accessKeySecret.reveal(), securityToken?.reveal(), expiresAtMs];
};
const END = "2026-10-06T08:30:00Z";
const END_MS = Date.parse(END);
const temporary = ["id", "hidden", "token", END_MS];

const accepted: [sentence: string, json: unknown, expected: unknown[]][] = [
  ["a long-lived pair", { AccessKeyId: "id", AccessKeySecret: "hidden" }, [
    "id",
    "hidden",
    undefined,
    undefined,
  ]],
  ["the vendor's spelling", {
    Code: "Success",
    AccessKeyId: "id",
    AccessKeySecret: "hidden",
    SecurityToken: "token",
    Expiration: END,
    LastUpdated: END,
  }, temporary],
  ["snake case", {
    access_key_id: "id",
    access_key_secret: "hidden",
    security_token: "token",
    expiration: END,
  }, temporary],
  ["camel case and a zone", {
    accessKeyId: "id",
    accessKeySecret: "hidden",
    securityToken: "token",
    expiration: "2026-10-06T16:30:00+08:00",
  }, temporary],
  ["an answer of AssumeRole", {
    RequestId: "r",
    Credentials: {
      AccessKeyId: "id",
      AccessKeySecret: "hidden",
      SecurityToken: "token",
      Expiration: END,
    },
  }, temporary],
  ["an answer of Vault", {
    lease_id: "l",
    data: { access_key: "id", secret_key: "hidden", security_token: "token", expiration: END },
  }, temporary],
  ["empty optional values", {
    AccessKeyId: "id",
    AccessKeySecret: "hidden",
    SecurityToken: "",
    Expiration: null,
  }, ["id", "hidden", undefined, undefined]],
];
for (const [sentence, json, expected] of accepted) {
  Deno.test(`parseCredentials() takes ${sentence}`, () => {
    assert.deepEqual(seen(JSON.stringify(json)), expected);
  });
}

const pair = { AccessKeyId: "id", AccessKeySecret: "hidden" };
const refused: [sentence: string, text: string, found: RegExp][] = [
  ["an empty file", "", /^found nothing: it is empty; expected a JSON object with AccessKeyId/],
  ["a blank file", " \n", /^found nothing: it is empty/],
  [
    "half a file",
    JSON.stringify(pair).slice(0, 40),
    /^found 40 characters that are not valid JSON/,
  ],
  ["what is not JSON", "id:hidden", /^found 9 characters that are not valid JSON/],
  ["a list", `[${JSON.stringify(pair)}]`, /^found JSON that is not an object/],
  ["a failed answer", JSON.stringify({ ...pair, Code: "Failed" }), /^found "Code" other than/],
  ["no id", `{"AccessKeySecret":"hidden"}`, /^found no AccessKeyId;/],
  ["no secret", `{"AccessKeyId":"id","AccessKeySecret":""}`, /^found no AccessKeySecret;/],
  ["a number", `{"AccessKeyId":"id","AccessKeySecret":5}`, /AccessKeySecret .* not text/],
  ["a newline", JSON.stringify({ ...pair, AccessKeySecret: "hidden\n" }), /not text of/],
  ["two spellings", JSON.stringify({ ...pair, access_key_id: "x" }), /two spellings of "access_k/],
  [
    "a time without zone",
    JSON.stringify({ ...pair, Expiration: "2026-10-06T08:30:00" }),
    /not a time/,
  ],
  ["no time", JSON.stringify({ ...pair, Expiration: "soon" }), /an Expiration that is not a time/],
];
for (const [sentence, text, found] of refused) {
  Deno.test(`parseCredentials() refuses ${sentence}, quoting no secret`, () => {
    assert.throws(() => parseCredentials(text), (error: Error) => {
      assert.match(error.message, found);
      assert.ok(!error.message.includes("hidden"));
      return true;
    });
  });
}
