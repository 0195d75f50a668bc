import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { EcsMetadata } from "../../src/sls/ecs_metadata.ts";
import type { SlsError } from "../../src/sls/sls_error.ts";
import { fastClock } from "../support/fast_clock.ts";
import { MetadataService } from "./metadata_service.ts";

const NEVER = new AbortController().signal;
const FOLDER = "/latest/meta-data/ram/security-credentials/";

function ask(service: MetadataService, role: string | undefined, clock: Clock = systemClock) {
  return new EcsMetadata({ role, url: service.url, clock, fetch }).credentials(NEVER);
}

const ways: [mode: MetadataService["mode"], suffix: string][] = [
  ["v1", ""],
  ["v2", " in session"],
  ["hardened", " in session"],
];
for (const [mode, suffix] of ways) {
  Deno.test(`EcsMetadata finds the role and its credentials in a ${mode} service`, async () => {
    await using service = new MetadataService();
    service.mode = mode;
    const credentials = await ask(service, undefined);
    assert.equal(credentials.accessKeyId, "STS.id");
    assert.equal(credentials.accessKeySecret.reveal(), "secret");
    assert.equal(credentials.securityToken?.reveal(), "token");
    assert.equal(credentials.expiresAtMs, Date.parse("2126-10-06T08:30:00Z"));
    assert.deepEqual(service.requests, [
      "PUT /latest/api/token",
      `GET ${FOLDER}${suffix}`,
      `GET ${FOLDER}forwarder${suffix}`,
    ]);
  });
}

Deno.test("EcsMetadata does not look for a role that is configured", async () => {
  await using service = new MetadataService();
  await ask(service, "forwarder");
  assert.deepEqual(service.requests.slice(1), [`GET ${FOLDER}forwarder in session`]);
});

const failures: [
  sentence: string,
  role: string | undefined,
  (s: MetadataService) => void,
  RegExp,
][] = [
  ["another role", "other", () => {}, /Cannot GET http:\S+\/other: the metadata .* answered 404/],
  ["no role", undefined, (service) => service.role = "", /names none/],
  ["an empty answer", undefined, (service) => service.answer = "", /found nothing: it is empty/],
  [
    "a failure",
    undefined,
    (service) => service.answer = '{"Code":"Failed"}',
    /RAM role forwarder .* "Code" other than "Success"/,
  ],
];
for (const [sentence, role, arrange, message] of failures) {
  Deno.test(`EcsMetadata says what is wrong: ${sentence}`, async () => {
    await using service = new MetadataService();
    arrange(service);
    await assert.rejects(ask(service, role), (error: SlsError) => {
      assert.equal(error.kind, "credentials");
      assert.match(error.message, message);
      assert.match(error.hint, /RAM role is attached/);
      return true;
    });
  });
}

Deno.test("EcsMetadata waits three seconds for each answer, no longer", async () => {
  await using service = new MetadataService();
  service.hangs = true;
  await assert.rejects(
    ask(service, "forwarder", fastClock(100)),
    /forwarder took longer than 3000 ms/,
  );
  assert.deepEqual(service.requests.map((request) => request.split(" ")[0]), ["PUT", "GET"]);
});
