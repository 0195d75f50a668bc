import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import {
  type Credentials,
  type CredentialsProvider,
  fixedCredentials,
} from "../../src/sls/credentials.ts";
import { StsClient } from "../../src/sls/sts_client.ts";
import { StsError } from "../../src/sls/sts_error.ts";
import { fastClock } from "../support/fast_clock.ts";
import { StsService } from "./sts_service.ts";

const NEVER = new AbortController().signal;
const EXTERNAL_ID = "the-external-id-9";
const ROLE = {
  roleArn: "acs:ram::123456789012:role/logreader",
  sessionName: "forwarder",
  durationMs: 1_800_000,
  externalId: undefined,
  policy: undefined,
};
const BASE: Credentials = { accessKeyId: "base-id", accessKeySecret: new Secret("base-secret") };

function clientOf({ url }: StsService, clock: Clock = systemClock): StsClient {
  return new StsClient({
    origin: url,
    timeoutMs: 60_000,
    userAgent: "sls2hec/test",
    clock,
    uuid: () => crypto.randomUUID(),
    fetch,
  });
}

function assume(
  service: StsService,
  base: CredentialsProvider = fixedCredentials(BASE),
  clock?: Clock,
): Promise<Credentials> {
  return clientOf(service, clock).assumeRole(ROLE, base, NEVER);
}

Deno.test("StsClient assumes a role, and takes what STS issues", async () => {
  await using service = new StsService();
  const credentials = await assume(service);
  assert.equal(credentials.accessKeyId, "STS.issued-1");
  assert.equal(credentials.accessKeySecret.reveal(), "issued-secret-1");
  assert.equal(credentials.securityToken?.reveal(), "CAIS+issued/token-1==");
  const livesMs = credentials.expiresAtMs! - Date.now();
  assert.ok(livesMs > 1_790_000 && livesMs <= 1_801_000, String(livesMs));
});

Deno.test("StsClient sends the external id and the policy, and the token of temporary credentials", async () => {
  await using service = new StsService();
  service.callers = [{ id: "STS.base", secret: "s", securityToken: "CAIS+base/token==" }];
  const base = fixedCredentials({
    accessKeyId: "STS.base",
    accessKeySecret: new Secret("s"),
    securityToken: new Secret("CAIS+base/token=="),
  });
  const policy = '{"Version":"1","Statement":[]}';
  const role = { ...ROLE, externalId: new Secret(EXTERNAL_ID), policy };
  await clientOf(service).assumeRole(role, base, NEVER);
  const { parameters } = service.calls[0]!;
  assert.equal(parameters.ExternalId, EXTERNAL_ID);
  assert.equal(parameters.Policy, policy);
  assert.equal(parameters.DurationSeconds, "1800");
});

Deno.test("StsClient assumes a role with an OIDC token, without a signature", async () => {
  await using service = new StsService();
  const { providerArn } = service;
  const role = { roleArn: ROLE.roleArn, providerArn, sessionName: "pod" };
  const token = new Secret("aGVhZGVy.cGF5bG9hZA.c2lnbmVk");
  const credentials = await clientOf(service).assumeRoleWithOidc(role, token, NEVER);
  assert.equal(credentials.accessKeyId, "STS.issued-1");
  assert.deepEqual(Object.keys(service.calls[0]!.parameters).sort(), [
    "Action",
    "Format",
    "OIDCProviderArn",
    "OIDCToken",
    "RoleArn",
    "RoleSessionName",
    "Timestamp",
    "Version",
  ]);
});

for (const hours of [-2, 2]) {
  Deno.test(`StsClient takes the time of a service whose clock is ${hours} h ahead`, async () => {
    await using service = new StsService();
    service.aheadMs = hours * 3_600_000;
    const client = clientOf(service);
    const credentials = await client.assumeRole(ROLE, fixedCredentials(BASE), NEVER);
    const livesMs = credentials.expiresAtMs! - Date.now();
    assert.ok(Math.abs(livesMs - 1_800_000) < 10_000, "by this host's clock");
    await client.assumeRole(ROLE, fixedCredentials(BASE), NEVER);
    const codes = service.calls.map(({ code }) => code);
    assert.deepEqual(codes, ["InvalidTimeStamp.Expired", "OK", "OK"]);
  });
}

Deno.test("StsClient calls once more with newer credentials when its own are refused", async () => {
  await using service = new StsService();
  const old: Credentials = { accessKeyId: "old-id", accessKeySecret: new Secret("x") };
  const refused: Credentials[] = [];
  const credentials = await assume(service, {
    current: () => Promise.resolve(old),
    renew: (credentials) => {
      refused.push(credentials);
      return Promise.resolve(BASE);
    },
  });
  assert.equal(credentials.accessKeyId, "STS.issued-1");
  assert.deepEqual(refused, [old]);
});

Deno.test("StsClient says that the credentials that assume the role have expired", async () => {
  await using service = new StsService();
  const securityToken = "CAIS+base/token==";
  service.callers = [{ id: "base-id", secret: "base-secret", securityToken, expiresSec: 1 }];
  const base = fixedCredentials({ ...BASE, securityToken: new Secret(securityToken) });
  await assert.rejects(assume(service, base), (error: StsError) => {
    assert.match(error.message, /answered 400 InvalidSecurityToken\.Expired \(request id/);
    assert.match(error.hint, /credentials that assume the role/);
    return true;
  });
  assert.equal(service.calls.length, 1, "there are no newer ones");
});

Deno.test("StsClient makes another nonce when one was used", async () => {
  await using service = new StsService();
  service.faults.push({ code: "SignatureNonceUsed" });
  await assume(service);
  const nonces = service.calls.map(({ parameters }) => parameters.SignatureNonce);
  assert.equal(new Set(nonces).size, 2);
});

const HTML = { status: 502, body: "<html><title>Bad gateway</title></html>" };
const json = (body: unknown, status = 200) => ({ status, body: JSON.stringify(body) });
const issued = { AccessKeyId: "STS.x", AccessKeySecret: "y", SecurityToken: "hidden-token" };
const past = { ...issued, Expiration: "2020-01-01T00:00:00Z" };

const failures: [
  sentence: string,
  fault: StsService["faults"][number],
  message: RegExp,
  hint: RegExp,
  passes: boolean,
][] = [
  ["a throttled call", { code: "Throttling.User" }, /400 Throttling\.User/, /more slowly/, true],
  [
    "a refusal by RAM",
    { code: "NoPermission", status: 403, message: "You are not authorized to do this action." },
    /answered 403 NoPermission "You are not authorized.*\(request id 7C8B/,
    /trust policy must name the caller/,
    false,
  ],
  [
    "no such role",
    { code: "EntityNotExist.Role", status: 404 },
    /404 EntityNot/,
    /role_arn/,
    false,
  ],
  [
    "a duration that is too long",
    { code: "InvalidParameter.DurationSeconds" },
    /400 InvalidParameter/,
    /maximum session duration/,
    false,
  ],
  [
    "a wrong secret",
    { code: "SignatureDoesNotMatch" },
    /400 Sig\S+ \(/,
    /access key secret/,
    false,
  ],
  [
    "a failure of STS",
    { code: "InternalError", status: 500 },
    /500 InternalError/,
    /retried/,
    true,
  ],
  ["an unknown code", { code: "New.Thing", status: 418 }, /418 New\.Thing/, /Check the opt/, false],
  [
    "the page of a gateway",
    { answer: HTML },
    /502 without .* the page "Bad gateway"/,
    /no pr/,
    true,
  ],
  ["text", { answer: { status: 200, body: "hello" } }, /200 without an error/, /STS itself/, false],
  ["JSON of another kind", { answer: json([]) }, /200 without an error of STS/, /no proxy/, false],
  ["no credentials", { answer: json({ Credentials: {} }) }, /found no AccessKeyId/, /no pr/, false],
  [
    "no end",
    { answer: json({ Credentials: issued }) },
    /they have no Expiration/,
    /no proxy/,
    false,
  ],
  [
    "no token",
    { answer: json({ Credentials: { ...past, SecurityToken: undefined } }) },
    /they have no SecurityToken/,
    /no proxy/,
    false,
  ],
  [
    "credentials that have expired",
    { answer: json({ Credentials: past }) },
    /expired at 2020-01-01T00:00:00Z, and it is 20/,
    /no proxy/,
    false,
  ],
  [
    "a body without end",
    { answer: { status: 200, body: "x".repeat(100_000) } },
    /more than 65,536 bytes/,
    /no proxy/,
    false,
  ],
  ["a closed connection", { answer: { do: "close" } }, /no answer from 127/, /firewall/, true],
  [
    "a cut answer",
    { answer: { do: "reset_in_body", response: json({ Credentials: past }), afterBytes: 20 } },
    /no answer from 127/,
    /firewall/,
    true,
  ],
];
for (const [sentence, fault, message, hint, passes] of failures) {
  Deno.test(`StsClient says what is wrong: ${sentence}`, async () => {
    await using service = new StsService();
    service.faults.push(fault);
    await assert.rejects(assume(service), (error) => {
      assert.ok(error instanceof StsError);
      assert.equal(error.kind, "credentials");
      assert.match(error.message, /^Cannot assume acs:ram::123456789012:role\/logreader: /);
      assert.match(error.message, message);
      assert.match(error.hint, hint);
      assert.equal(error.passes, passes);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /to sign|hidden-token|base-secret|%25/);
      return true;
    });
    assert.equal(service.calls.length, 1);
  });
}

Deno.test("StsClient repeats nothing of what a refusal of a signature says", async () => {
  await using service = new StsService();
  service.callers = [{ id: "base-id", secret: "another" }];
  await assert.rejects(assume(service), (error: Error) => {
    assert.match(error.message, /SignatureDoesNotMatch \(request id/);
    assert.doesNotMatch(error.message, /Specified|RoleArn/);
    return true;
  });
});

Deno.test("StsClient waits ten seconds for an answer, no longer", async () => {
  await using service = new StsService();
  service.faults.push({ answer: { do: "hang" } });
  await assert.rejects(
    assume(service, fixedCredentials(BASE), fastClock(100)),
    /AssumeRole took longer than 10000 ms/,
  );
});

Deno.test("StsClient gives up at once when its signal aborts", async () => {
  await using service = new StsService();
  service.faults.push({ answer: { do: "hang" } });
  const stop = new AbortController();
  const call = clientOf(service).assumeRole(ROLE, fixedCredentials(BASE), stop.signal);
  const ended = assert.rejects(call, /enough/);
  stop.abort(new Error("enough"));
  await ended;
});
