import assert from "node:assert/strict";
import { retry, type RetryPolicy } from "../../src/base/retry.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { FakeClock } from "../support/fake_clock.ts";

function scene(failures: number, policy: Partial<RetryPolicy> = {}) {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const env = { clock, random: () => 1, telemetry: (event: TelemetryEvent) => events.push(event) };
  const stop = new AbortController();
  const triedAtMs: number[] = [];
  const work = () => {
    triedAtMs.push(clock.monotonicMs());
    return triedAtMs.length > failures
      ? Promise.resolve("done")
      : Promise.reject(new Error(`failure ${triedAtMs.length}`));
  };
  const trying = retry(env, { about: "work", ...policy }, stop.signal, work);
  trying.catch(() => {}); // asserted later
  return { clock, events, stop, triedAtMs, trying };
}

const messages = (events: TelemetryEvent[]) =>
  events.map((event) => event.type === "trouble" ? event.message : event.type);

Deno.test("retry() reports nothing where the first try works", async () => {
  const { trying, events, clock } = scene(0);
  assert.equal(await trying, "done");
  assert.deepEqual(events, []);
  assert.equal(clock.sleeping, 0);
});

Deno.test("retry() tries until it works, reports each failure and one recovery", async () => {
  const { trying, events, clock, triedAtMs } = scene(3, { source: "p/l", shard: 4 });
  await clock.advance(3500);
  assert.equal(await trying, "done");
  assert.deepEqual(triedAtMs, [0, 500, 1500, 3500]);
  assert.deepEqual(messages(events), ["failure 1", "failure 2", "failure 3", "recovered"]);
  assert.deepEqual(events[0], {
    type: "trouble",
    about: "work",
    message: "failure 1",
    hint: "It is retried",
    retryInMs: 500,
    source: "p/l",
    shard: 4,
  });
});

Deno.test("retry() never gives up, and waits no longer than the cap", async () => {
  const { clock, triedAtMs, stop, trying } = scene(Infinity, {
    backoff: { baseMs: 1000, capMs: 5000 },
  });
  await clock.advance(1_000_000);
  assert.ok(triedAtMs.length > 200, `${triedAtMs.length} tries`);
  assert.equal(triedAtMs.at(-1)! - triedAtMs.at(-2)!, 5000);
  const reason = new Error("stop");
  stop.abort(reason);
  await assert.rejects(trying, reason);
  assert.equal(clock.sleeping, 0);
});

Deno.test("retry() throws the last error, unreported, when its tries are used up", async () => {
  const { clock, events, trying, triedAtMs } = scene(Infinity, { tries: 3 });
  await clock.advance(100_000);
  await assert.rejects(trying, { message: "failure 3" });
  assert.equal(triedAtMs.length, 3);
  assert.deepEqual(messages(events), ["failure 1", "failure 2"]);
});

Deno.test("retry() throws at once what cannot pass", async () => {
  const { events, trying } = scene(Infinity, { mayPass: () => false });
  await assert.rejects(trying, { message: "failure 1" });
  assert.deepEqual(events, []);
});

Deno.test("retry() throws the signal's reason for work that fails because of it", async () => {
  const stop = new AbortController();
  const reason = new Error("stop");
  const env = { clock: new FakeClock(), random: () => 0, telemetry: () => assert.fail() };
  const trying = retry(env, { about: "work" }, stop.signal, () => {
    stop.abort(reason);
    return Promise.reject(new Error("connection closed"));
  });
  await assert.rejects(trying, reason);
});
