import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import type { Credentials } from "../../src/sls/credentials.ts";
import { RefreshedCredentials } from "../../src/sls/refreshed_credentials.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** A role whose service gives what the test says: credentials that live so long, or an error. */
function role(livesMs = 3_600_000, pauseAfterRenewalMs = 0) {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const service = { livesMs, fails: false, fetches: 0, hangs: false, id: "" };
  const credentials = new RefreshedCredentials(
    { clock, random: () => 0, telemetry: (event) => events.push(event) },
    {
      about: "a role",
      pauseAfterRenewalMs,
      fetchCredentials: async (signal) => {
        const n = ++service.fetches;
        if (service.hangs) await clock.sleep(1e9, signal);
        if (service.fails) throw new Error("the service is away");
        return {
          accessKeyId: service.id || `id-${n}`,
          accessKeySecret: new Secret("s"),
          expiresAtMs: clock.nowMs() + service.livesMs,
        } satisfies Credentials;
      },
    },
  );
  const id = async () => (await credentials.current(NEVER)).accessKeyId;
  return { credentials, service, clock, events, id };
}

Deno.test("RefreshedCredentials fetches once for all who wait, then not again for a long time", async () => {
  const { id, service, clock } = role();
  assert.deepEqual(await Promise.all([id(), id(), id()]), ["id-1", "id-1", "id-1"]);
  await clock.advance(3_600_000 - 180_000 - 1);
  assert.equal(await id(), "id-1");
  assert.equal(service.fetches, 1);
});

Deno.test("RefreshedCredentials fetches three minutes ahead, while requests use the old ones", async () => {
  const { id, service, clock, events } = role();
  await id();
  await clock.advance(3_600_000 - 180_000);
  assert.equal(await id(), "id-1");
  await clock.advance(0);
  assert.equal(await id(), "id-2");
  assert.equal(service.fetches, 2);
  assert.deepEqual(events.map(({ type }) => type), ["renewed"]);
});

Deno.test("RefreshedCredentials keeps the old ones while the service is away, until they end", async () => {
  const { id, service, clock, events } = role();
  await id();
  service.fails = true;
  await clock.advance(3_600_000 - 100_000);
  assert.equal(await id(), "id-1");
  await clock.advance(60_000);
  assert.equal(await id(), "id-1");
  await clock.advance(60_000);
  await assert.rejects(id(), /the service is away/);
  assert.ok(events.every(({ type }) => type === "trouble"));
  service.fails = false;
  await clock.advance(60_000);
  assert.match(await id(), /^id-\d+$/);
  assert.equal(events.at(-2)?.type, "renewed");
  assert.equal(events.at(-1)?.type, "recovered");
});

Deno.test("RefreshedCredentials fetches once after a refusal", async () => {
  const { credentials, service } = role();
  const first = await credentials.current(NEVER);
  const renewals = [credentials.renew(first, NEVER), credentials.renew(first, NEVER)];
  const ids = (await Promise.all(renewals)).map((renewed) => renewed?.accessKeyId);
  assert.deepEqual(ids, ["id-2", "id-2"]);
  assert.equal((await credentials.renew(first, NEVER))?.accessKeyId, "id-2", "others have come");
  assert.equal(service.fetches, 2);
});

Deno.test("RefreshedCredentials leaves the service alone for five seconds when it has none but the refused", async () => {
  const { credentials, service, clock } = role(Infinity);
  service.id = "the-same";
  const first = await credentials.current(NEVER);
  assert.equal(await credentials.renew(first, NEVER), undefined);
  assert.equal(await credentials.renew(first, NEVER), undefined);
  assert.equal(service.fetches, 2);
  await clock.advance(5000);
  service.id = "another";
  assert.equal((await credentials.renew(first, NEVER))?.accessKeyId, "another");
});

Deno.test("RefreshedCredentials pauses between fetches after refusals, where it is set to", async () => {
  const { credentials, service, clock } = role(3_600_000, 5000);
  const first = await credentials.current(NEVER);
  const second = await credentials.renew(first, NEVER);
  assert.equal(second?.accessKeyId, "id-2");
  assert.equal(
    await credentials.renew(second!, NEVER),
    undefined,
    "SLS refuses for another reason",
  );
  assert.equal(service.fetches, 2);
  await clock.advance(5000);
  assert.equal((await credentials.renew(second!, NEVER))?.accessKeyId, "id-3");
});

Deno.test("RefreshedCredentials uses fresh ones that seem to have ended: this host's clock is wrong", async () => {
  const { id } = role(-1000);
  assert.equal(await id(), "id-1");
});

Deno.test("RefreshedCredentials lets a caller give up, and ends its fetch when it is disposed", async () => {
  const { credentials, service, clock } = role();
  service.hangs = true;
  const stop = new AbortController();
  const waiting = assert.rejects(credentials.current(stop.signal), /enough/);
  stop.abort(new Error("enough"));
  await waiting;
  assert.equal(clock.sleeping, 1);
  credentials[Symbol.dispose]();
  assert.equal(clock.sleeping, 0);
});
