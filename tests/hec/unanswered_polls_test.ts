import assert from "node:assert/strict";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { goods } from "./batches.ts";
import { type HarnessOptions, HecHarness } from "./hec_harness.ts";

const TOKEN = { token: "t", useAck: true };
const ACK_TIMEOUT_MS = 20_000;

function harnessWith(options: HarnessOptions = {}): HecHarness {
  return new HecHarness({
    speed: 150,
    emulators: [{ tokens: [TOKEN] }],
    ...options,
    client: { ack: "on", ackTimeoutMs: ACK_TIMEOUT_MS, timeoutMs: 30_000, ...options.client },
  });
}

/** Answers every poll with the fault. */
function failPolls({ hec }: HecHarness, fault: Fault): void {
  hec.rule = ({ kind }) => kind === "ack" ? faults.on("ack", fault) : undefined;
}

const posts = ({ hec }: HecHarness) => hec.requests.filter(({ kind }) => kind === "event").length;
const polls = ({ hec }: HecHarness) => hec.requests.filter(({ kind }) => kind === "ack").length;
const isHeld = (harness: HecHarness) => harness.troubles().some(({ held }) => held);

const recovered = (harness: HecHarness, about: string) =>
  harness.telemetry.some((event) => event.type === "recovered" && event.about === about);

const refusals: [sentence: string, fault: Fault, reason: RegExp][] = [
  ["404", faults.notFound(), /code 404/],
  ["404 with a page", faults.html(404), /HTTP 404/],
  ["403 code 4", faults.invalidToken(), /code 4 /],
  ["403 with a page", faults.html(403), /HTTP 403/],
  ["401", faults.tokenRequired(), /code 2 /],
  ["code 14", faults.code(14), /code 14 "ACK is disabled"/],
  ["code 10", faults.code(10), /code 10 /],
  ["400 with a page", faults.html(400), /HTTP 400/],
  ["a redirect", faults.redirect(), /HTTP 303/],
  ["200 with a page", faults.html(200), /HTTP 200/],
  ["200 with nothing", faults.empty(200), /HTTP 200 with an empty body/],
  ["200 that breaks off", faults.truncatedJson(), /HTTP 200/],
  ["200 without acks", faults.code(0), /code 0 "Success"/],
  ["more than an answer may have", faults.hugeBody(1e6), /HTTP 200/],
];
for (const [sentence, fault, reason] of refusals) {
  Deno.test(`HecClient sends nothing again while polls are answered by ${sentence}, and holds the source with the reason`, async () => {
    await using harness = harnessWith();
    failPolls(harness, fault);
    const first = goods(5, "first");
    const delivery = harness.deliver(first);
    await harness.until(() => isHeld(harness));
    const { message, hint, about } = harness.troubles().find(({ held }) => held)!;
    assert.match(message, /^Cannot poll acknowledgements at http:/);
    assert.match(message, reason);
    assert.match(hint, /\/services\/collector\/ack/);

    const second = goods(5, "second");
    const later = harness.deliver(second);
    const before = polls(harness);
    await harness.clock.sleep(5 * ACK_TIMEOUT_MS);
    assert.equal(posts(harness), 1, "nothing is sent again, and nothing new to a held source");
    const slow = polls(harness) - before;
    assert.ok(slow >= 2 && slow <= 25, `${slow} polls in 100 s`);
    assert.equal(recovered(harness, about), false);

    harness.hec.rule = undefined;
    const reports = await Promise.all([delivery, later]);
    harness.assertComplete([...first, ...second]);
    assert.ok(recovered(harness, about));
    for (const { resends, ackTimeouts } of reports) {
      assert.deepEqual([resends, ackTimeouts], [0, 0]);
    }
  });
}

const failures: [sentence: string, fault: Fault][] = [
  ["503", faults.html(503)],
  ["503 code 9", faults.busy()],
  ["503 code 23", faults.shuttingDown()],
  ["500 code 8", faults.internalError()],
  ["429", faults.html(429)],
  ["a cut connection", faults.close()],
  ["silence", faults.hang()],
];
for (const [sentence, fault] of failures) {
  Deno.test(`HecClient sends nothing again while polls are answered by ${sentence}, and continues with new events`, async () => {
    await using harness = harnessWith();
    failPolls(harness, fault);
    const first = goods(5, "first");
    const delivery = harness.deliver(first);
    await harness.clock.sleep(2 * ACK_TIMEOUT_MS);
    const second = goods(5, "second");
    const later = harness.deliver(second);
    await harness.clock.sleep(3 * ACK_TIMEOUT_MS);
    assert.equal(posts(harness), 2);
    assert.equal(isHeld(harness), false);
    const { message, about } = harness.troubles()[0]!;
    assert.match(message, /^Cannot poll acknowledgements at http:/);

    harness.hec.rule = undefined;
    const reports = await Promise.all([delivery, later]);
    harness.assertComplete([...first, ...second]);
    assert.ok(recovered(harness, about));
    for (const { resends, ackTimeouts } of reports) {
      assert.deepEqual([resends, ackTimeouts], [0, 0]);
    }
  });
}

Deno.test("HecClient sends events again when polls are answered once more and do not know them", async () => {
  await using harness = harnessWith();
  failPolls(harness, faults.html(503));
  harness.hec.ackDelayMs = "never";
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.clock.sleep(3 * ACK_TIMEOUT_MS);
  harness.hec.restart({ loseUnacked: true });
  harness.hec.rule = undefined;
  const answeredMs = harness.clock.monotonicMs();
  await harness.until(() => posts(harness) === 2);
  const afterMs = harness.clock.monotonicMs() - answeredMs;
  assert.ok(
    afterMs >= ACK_TIMEOUT_MS - 1000,
    `the time ran while no poll was answered: ${afterMs} ms`,
  );
  harness.hec.ackDelayMs = 500;
  await harness.until(() => posts(harness) === 3 || harness.indexed().size === 5);
  const { ackTimeouts } = await delivery;
  assert.ok(ackTimeouts >= 1);
  harness.assertComplete(events, events);
});

Deno.test("HecClient holds no source when two polls of three are refused, and sends again what is lost", async () => {
  await using harness = harnessWith();
  harness.hec.ackDelayMs = "never";
  harness.hec.rule = ({ kind }, n) =>
    kind === "ack" && n % 3 !== 0 ? faults.on("ack", faults.invalidToken()) : undefined;
  const events = goods(5);
  const delivery = harness.deliver(events);
  await harness.until(() => posts(harness) === 2);
  harness.hec.ackDelayMs = 500;
  await delivery;
  harness.assertComplete(events, events);
  assert.equal(isHeld(harness), false);
});

Deno.test("HecClient sends elsewhere, and holds nothing, while one endpoint of three refuses polls", async () => {
  const emulator = { tokens: [TOKEN] };
  await using harness = harnessWith({ emulators: [emulator, emulator, emulator] });
  failPolls(harness, faults.notFound());
  const batches = Array.from({ length: 30 }, (_, i) => goods(3, `b${i}-`));
  const reports = await Promise.all(batches.map((events) => harness.deliver(events)));
  harness.assertComplete(batches.flat(), batches.flat());
  assert.equal(isHeld(harness), false);
  assert.ok(Math.max(...reports.map(({ resends }) => resends)) <= 2);
  // By now it is known: new events go to the others.
  const before = posts(harness);
  const more = Array.from({ length: 30 }, (_, i) => goods(3, `more${i}-`));
  for (const events of more) {
    assert.equal((await harness.deliver(events)).resends, 0);
  }
  assert.equal(posts(harness), before);
});

Deno.test("HecClient holds the source after three rounds without one acknowledgement, and lets it go upon one", async () => {
  await using harness = harnessWith();
  harness.hec.ackDelayMs = "never";
  const batches = Array.from({ length: 5 }, (_, i) => goods(3, `b${i}-`));
  const deliveries = batches.map((events) => harness.deliver(events));
  await harness.until(() => isHeld(harness));
  const { message, hint, about } = harness.troubles().find(({ held }) => held)!;
  assert.match(message, /acknowledged nothing for 3 times hec\.ack_timeout/);
  assert.match(hint, /sticky/);
  assert.ok(posts(harness) <= 15, `${posts(harness)} posts of 5 batches`);
  const before = posts(harness);
  await harness.clock.sleep(5 * ACK_TIMEOUT_MS);
  assert.ok(posts(harness) - before <= 6, "one event is tried in each round");
  assert.equal(recovered(harness, about), false, "a 200 is not yet an acknowledgement");
  harness.hec.ackDelayMs = 500;
  await Promise.all(deliveries);
  harness.assertComplete(batches.flat(), batches.flat());
  assert.ok(recovered(harness, about));
});

Deno.test("HecClient lets a held source's others go when the batch that waits for a poll is given up", async () => {
  await using harness = harnessWith();
  failPolls(harness, faults.notFound());
  const stop = new AbortController();
  const given = harness.deliver(goods(3, "lost"), { signal: stop.signal });
  await harness.until(() => isHeld(harness));
  assert.equal(harness.client.isHeld("p/l"), true);
  stop.abort(new Error("lease lost"));
  await assert.rejects(given, /lease lost/);
  await harness.until(() => !harness.client.isHeld("p/l"));
  harness.hec.rule = undefined;
  const events = goods(3, "next");
  await harness.deliver(events);
  assert.equal([...harness.indexed().keys()].filter((id) => id.startsWith("next")).length, 3);
});
