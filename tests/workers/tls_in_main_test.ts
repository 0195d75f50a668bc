import assert from "node:assert/strict";
import type { TlsTexts } from "../../src/base/tls_files.ts";
import { CallsToMain } from "../../src/workers/calls_to_main.ts";
import { TlsForWorkers } from "../../src/workers/tls_for_workers.ts";
import { TlsInMain } from "../../src/workers/tls_in_main.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** A worker's end and the main isolate's, with what crosses between them. */
function setUp() {
  const clock = FakeClock.inside();
  const main = { texts: { caCerts: ["old"], client: undefined } as TlsTexts };
  const forWorkers = new TlsForWorkers({ current: () => Promise.resolve(main.texts) });
  const crossed: unknown[] = [];
  const calls = new CallsToMain(async (message) => {
    if (message.type !== "call" || message.request.kind !== "tls_files") return;
    const value = structuredClone(await forWorkers.answer(message.request.known, NEVER));
    crossed.push(value);
    calls.answer(message.call, { ok: true, value });
  });
  return { clock, main, crossed, inMain: new TlsInMain("hec", calls, clock) };
}

Deno.test("TlsInMain asks once a second, and is sent texts only when they have changed", async () => {
  const { clock, main, crossed, inMain } = setUp();
  const before = await inMain.current(NEVER);
  assert.deepEqual(before, main.texts);
  assert.equal(await inMain.current(NEVER), before);
  assert.equal(crossed.length, 1);
  await clock.advance(1000);
  assert.equal(await inMain.current(NEVER), before, "the same object, as it has not changed");
  assert.deepEqual(crossed[1], { id: 1 });
  main.texts = { caCerts: ["new"], client: { cert: "c", key: "k" } };
  await clock.advance(1000);
  const after = await inMain.current(NEVER);
  assert.deepEqual(after, main.texts);
  assert.equal(await inMain.current(NEVER), after);
});

Deno.test("TlsInMain gives all who ask at once the same object", async () => {
  const { inMain } = setUp();
  const [one, other] = await Promise.all([inMain.current(NEVER), inMain.current(NEVER)]);
  assert.equal(one, other);
});

Deno.test("a worker that was started later has the newest texts", async () => {
  const { main, inMain } = setUp();
  await inMain.current(NEVER);
  main.texts = { caCerts: ["new"], client: undefined };
  const late = new TlsForWorkers({ current: () => Promise.resolve(main.texts) });
  assert.deepEqual(await late.answer(undefined, NEVER), { id: 1, texts: main.texts });
});
