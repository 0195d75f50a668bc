import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { TRANSIENT_REFUSAL_RETRIES } from "../../src/hec/outcome.ts";
import type { HecRequest, HecResponse } from "../../src/hec/transport/hec_transport.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { answer, FakeTransport, SUCCESS } from "./fake_transport.ts";
import { type Answering, BATCHES, LATENCY_MS, withClient } from "./with_client.ts";

const retryAfter = (status: number, sec: number) => ({
  ...answer({}, { status }),
  retryAfter: `${sec}`,
});

/** Requests of one backoff of 0.5 s to 30 s in a minute are about ten; the first ones go out at once. */
const SERIES = 16;

const answers: [sentence: string, answering: () => HecResponse][] = [
  ["503 code 9", () => answer({ text: "Server is busy", code: 9 }, { status: 503 })],
  ["503 with a page", () => answer("<html>", { status: 503 })],
  ["429 code 26", () => answer({ text: "", code: 26 }, { status: 429 })],
  ["502 with a page", () => answer("<html>", { status: 502 })],
  ["504 with a page", () => answer("<html>", { status: 504 })],
  ["500 code 8", () => answer({ text: "", code: 8 }, { status: 500 })],
  ["408", () => answer("", { status: 408 })],
];
for (const [sentence, answering] of answers) {
  for (const sources of [1, 4]) {
    Deno.test(`an endpoint that answers ${sentence} meets one backoff, however many batches of ${sources} sources wait`, async () => {
      await withClient(answering, async ({ clock, deliver, sentMs: [sent] }) => {
        for (let at = 0; at < sources; at++) deliver(BATCHES / sources, `p/${at}`);
        await clock.advance(60_000);
        const later = sent!.length - BATCHES;
        assert.ok(later <= SERIES, `${sent!.length} requests in a minute`);
        assert.ok(later >= 4, `${sent!.length} requests in a minute: it is hardly tried`);
      });
    });
  }
}

for (const [sentence, answering] of answers) {
  Deno.test(`one indexer that answers ${sentence} behind an address of four stops nothing`, async () => {
    let connections = 0;
    let clock: FakeClock | undefined;
    // As a load balancer that leads each connection to the next indexer; the first one leads to the sick one.
    const makeTransport = () => {
      const isSick = connections++ % 4 === 0;
      return new FakeTransport(async (_, signal) => {
        await clock!.sleep(LATENCY_MS, signal);
        return isSick ? answering() : answer(SUCCESS);
      });
    };
    await withClient(() => answer(SUCCESS), async (scene) => {
      clock = scene.clock;
      scene.deliver(2);
      await clock.advance(5000);
      assert.equal(scene.delivered(), 2, `after ${connections} connections`);
    }, { client: { makeTransport } });
  });
}

const BUSY = answer({ text: "Server is busy", code: 9 }, { status: 503 });

Deno.test("all batches honour a Retry-After, whichever of many answers had it", async () => {
  let answers = 0;
  const answering = () => ++answers === 3 ? retryAfter(429, 40) : answer({}, { status: 429 });
  await withClient(answering, async ({ clock, deliver, sentMs: [sent] }) => {
    deliver(BATCHES);
    await clock.advance(39_000);
    assert.equal(sent!.length, BATCHES, "those that went out together");
    deliver(4, "p/other");
    await clock.advance(900);
    assert.equal(sent!.length, BATCHES, "another source waits as well");
    await clock.advance(2000);
    const tries = sent!.length - BATCHES;
    assert.ok(tries >= 1 && tries <= 3, `${tries} tries: one at a time finds out`);
  });
});

Deno.test("events that were accepted in between do not end the time that Retry-After names", async () => {
  let answers = 0;
  const answering = () => ++answers === 5 ? retryAfter(503, 20) : answer(SUCCESS);
  await withClient(answering, async ({ clock, deliver, delivered, sentMs: [sent] }) => {
    deliver(8);
    await clock.advance(LATENCY_MS);
    assert.equal(delivered(), 7);
    deliver(8);
    await clock.advance(20_000 - LATENCY_MS);
    assert.equal(sent!.length, 8);
    await clock.advance(1000);
    assert.equal(delivered(), 16);
  });
});

for (const busy of [BUSY, retryAfter(429, 300), answer("<html>", { status: 502 })]) {
  Deno.test(`while one endpoint of two answers ${busy.status}, the other takes all`, async () => {
    const answering: Answering = (request, at) =>
      request.path.endsWith("/health")
        ? answer({}, { status: at ? 200 : 503 })
        : at
        ? answer(SUCCESS)
        : busy;
    await withClient(answering, async ({ clock, deliver, delivered, sentMs: [sick, well] }) => {
      deliver(BATCHES, "p/l", true);
      await clock.advance(20_000);
      assert.ok(sick!.length <= BATCHES / 2 + SERIES, `${sick!.length} requests to the busy one`);
      const atFullSpeed = BATCHES * 20_000 / LATENCY_MS;
      assert.ok(well!.length > atFullSpeed * 0.9, `${well!.length} requests to the other one`);
      assert.equal(delivered(), well!.length - BATCHES);
    }, { endpoints: 2 });
  });
}

Deno.test("an endpoint that is busy no more is at full speed within a second of the first success", async () => {
  const RECOVERS_MS = 60_000;
  const answering: Answering = (_, __, nowMs) => nowMs < RECOVERS_MS ? BUSY : answer(SUCCESS);
  await withClient(answering, async ({ clock, deliver, telemetry, sentMs: [sent] }) => {
    deliver(BATCHES, "p/l", true);
    await clock.advance(RECOVERS_MS + 30_000);
    const firstMs = sent!.find((ms) => ms >= RECOVERS_MS - LATENCY_MS)!;
    await clock.advance(Math.max(0, firstMs + 2000 - clock.monotonicMs()));
    const within = sent!.filter((ms) => ms >= firstMs + 1000 && ms < firstMs + 1500).length;
    assert.equal(within, BATCHES * 500 / LATENCY_MS);
    assert.equal(telemetry.at(-1)?.type, "recovered");
  });
});

Deno.test("acknowledgements are polled as ever while an endpoint takes no events", async () => {
  const BUSY_FROM_MS = 1000;
  let polls = 0;
  const answering: Answering = (request, _, nowMs) => {
    if (request.path.endsWith("/event")) {
      return nowMs < BUSY_FROM_MS ? answer({ ...SUCCESS, ackId: nextId++ }) : BUSY;
    }
    return answer({ acks: ++polls > 8 ? { 0: true, 1: true, 2: true, 3: true } : {} });
  };
  let nextId = 0;
  await withClient(answering, async ({ clock, deliver, delivered, polledMs }) => {
    deliver(4);
    await clock.advance(BUSY_FROM_MS);
    deliver(BATCHES);
    await clock.advance(25_000);
    assert.equal(delivered(), 4);
    const gaps = polledMs.slice(1).map((ms, i) => ms - polledMs[i]!);
    assert.ok(Math.max(...gaps) <= 2100, `${gaps}`);
  }, { client: { ack: "on" } });
});

Deno.test("a body that fails while others are accepted has its own backoff, and holds up nothing", async () => {
  const isBad = (request: HecRequest) => new TextDecoder().decode(request.body).includes("bad");
  let bad = 0;
  const answering: Answering = (request) => {
    if (!isBad(request)) return answer(SUCCESS);
    bad++;
    return answer("<html>", { status: 504 });
  };
  await withClient(answering, async ({ clock, deliver, sentMs: [sent] }) => {
    deliver(1, "bad");
    deliver(BATCHES - 1, "p/l", true);
    await clock.advance(30_000);
    assert.ok(bad <= SERIES, `${bad} times`);
    const atFullSpeed = (BATCHES - 1) * 30_000 / LATENCY_MS;
    assert.ok(sent!.length > atFullSpeed * 0.9, `${sent!.length} requests`);
  });
});

const badAnswers: [sentence: string, answering: () => HecResponse][] = [
  ["503", () => answer("<html>", { status: 503 })],
  ["no answer", () => {
    throw new Error("connection reset");
  }],
];
for (const [sentence, answering] of badAnswers) {
  Deno.test(`a source all of whose batches get ${sentence} leaves most of the speed to the others`, async () => {
    const answers: Answering = (request) =>
      new TextDecoder().decode(request.body).includes("p/bad") ? answering() : answer(SUCCESS);
    await withClient(answers, async ({ clock, deliver, delivered }) => {
      deliver(4 * BATCHES, "p/bad");
      await clock.advance(10_000);
      deliver(2, "p/l", true);
      await clock.advance(20_000);
      const before = delivered();
      await clock.advance(20_000);
      const speed = (delivered() - before) / (2 * 20_000 / LATENCY_MS);
      assert.ok(speed > 0.5, `${Math.round(speed * 100)} % of full speed`);
    });
  });
}

const invalidToken = () => answer({ text: "Invalid token", code: 4 }, { status: 403 });
const isHeld = (event: TelemetryEvent) => event.type === "trouble" && event.held === true;

Deno.test("a source whose token is refused makes one series of tries until it is held, and one after that", async () => {
  await withClient(invalidToken, async ({ clock, deliver, telemetry, sentMs: [sent] }) => {
    deliver(BATCHES);
    while (!telemetry.some(isHeld)) await clock.advance(100);
    assert.equal(sent!.length - BATCHES, TRANSIENT_REFUSAL_RETRIES);
    const heldMs = clock.monotonicMs();
    await clock.advance(60_000);
    const held = sent!.filter((ms) => ms > heldMs).length;
    assert.ok(held >= 2 && held <= 12, `${held} tries of the held source in a minute`);
  });
});

Deno.test("a refused source holds up no other source", async () => {
  const answering: Answering = (request) =>
    new TextDecoder().decode(request.body).includes("p/refused") ? invalidToken() : answer(SUCCESS);
  await withClient(answering, async ({ clock, deliver, delivered }) => {
    deliver(BATCHES / 2, "p/refused");
    deliver(BATCHES / 2, "p/l", true);
    await clock.advance(10_000);
    assert.ok(delivered() > 0.9 * (BATCHES / 2) * 10_000 / LATENCY_MS, `${delivered()} batches`);
  });
});

Deno.test("one indexer of ten that lacks the token does not stop the source, and holds nothing", async () => {
  let requests = 0;
  const answering = () => ++requests % 10 === 0 ? invalidToken() : answer(SUCCESS);
  await withClient(answering, async ({ clock, deliver, delivered, telemetry }) => {
    deliver(BATCHES, "p/l", true);
    await clock.advance(10_000);
    const speed = delivered() / (BATCHES * 10_000 / LATENCY_MS);
    assert.ok(speed > 0.3, `${Math.round(speed * 100)} % of full speed`);
    assert.equal(telemetry.some(isHeld), false);
  });
});
