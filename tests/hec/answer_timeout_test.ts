import assert from "node:assert/strict";
import {
  AnswerTimeout,
  type AwaitedRequest,
  type NotSentInTime,
} from "../../src/hec/answer_timeout.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { silence } from "./fake_transport.ts";

const NEVER = new AbortController().signal;

function setUp(leastMs = 60_000, proxyName?: string) {
  const clock = new FakeClock();
  const wait = new AnswerTimeout(leastMs, clock, proxyName);
  /** Sends a request, and lets time pass until it ends. @returns its error, or undefined, and what it took. */
  const send = async (
    request: Partial<AwaitedRequest<string>>,
  ): Promise<{ error: Error | undefined; tookMs: number }> => {
    const startMs = clock.monotonicMs();
    let over = false;
    const sent = wait.answer("POST", {
      signal: NEVER,
      send: (onSent, limit) => {
        onSent();
        return silence(limit);
      },
      canConnect: () => Promise.resolve(false),
      answersElsewhere: () => false,
      ...request,
    }).then(() => undefined, (error) => error).finally(() => over = true);
    while (!over) await clock.advance(1000);
    return { error: await sent, tookMs: clock.monotonicMs() - startMs };
  };
  const answerAfter = (ms: number) =>
    send({
      send: async (onSent) => {
        onSent();
        await clock.sleep(ms);
        return "answer";
      },
    });
  return { clock, wait, send, answerAfter };
}

Deno.test("AnswerTimeout doubles after each wait for an answer, up to 10 minutes", async () => {
  const { wait, send } = setUp();
  for (const sec of [60, 120, 240, 480, 600, 600]) {
    const { error, tookMs } = await send({});
    assert.equal(error?.name, "NoAnswerInTime");
    assert.ok(tookMs >= sec * 1000 && tookMs <= sec * 1000 + 2000, `${tookMs} ms`);
  }
  assert.equal(wait.ms, 600_000);
});

Deno.test("AnswerTimeout of more than 10 minutes stays as it is set", async () => {
  const { wait, send } = setUp(3_600_000);
  await send({});
  assert.equal(wait.ms, 3_600_000);
});

Deno.test("AnswerTimeout is not longer for a request that could not be sent, and says so", async () => {
  const { wait, send } = setUp();
  const unsent = { send: (_: () => void, limit: AbortSignal) => silence(limit) };
  for (let i = 0; i < 5; i++) {
    const { error, tookMs } = await send(unsent);
    assert.equal(error?.name, "NotSentInTime");
    assert.match(error!.message, /could not send the request within 60 s \(hec\.timeout\)/);
    assert.ok(tookMs <= 62_000, `${tookMs} ms`);
  }
  assert.equal(wait.ms, 60_000);
});

Deno.test("AnswerTimeout names the proxy through which a request could not be sent", async () => {
  const { send } = setUp(60_000, "the proxy http://proxy:3128 (hec.proxy)");
  const { error } = await send({ send: (_, limit) => silence(limit) });
  assert.equal(
    error?.message,
    "could not send the request through the proxy http://proxy:3128 (hec.proxy) within 60 s (hec.timeout)",
  );
  assert.match(
    (error as NotSentInTime).hint,
    /whether the proxy answers and reaches the collector/,
  );
});

Deno.test("AnswerTimeout that was made longer gives a request that cannot be sent no more than hec.timeout", async () => {
  const { wait, send } = setUp();
  for (let i = 0; i < 4; i++) await send({});
  assert.equal(wait.ms, 600_000);
  const unsent = { send: (_: () => void, limit: AbortSignal) => silence(limit) };
  for (
    const canConnect of [
      () => Promise.resolve(false),
      silence,
      () => Promise.reject(new Error("x")),
    ]
  ) {
    const { error, tookMs } = await send({ ...unsent, canConnect });
    assert.equal(error?.name, "NotSentInTime");
    assert.ok(tookMs <= 72_000, `${tookMs} ms`);
  }
});

Deno.test("AnswerTimeout assumes a request is sent whose transport does not report it, when a connection can be made", async () => {
  const { wait, send } = setUp();
  const unknown = {
    send: (_: () => void, limit: AbortSignal) => silence(limit),
    canConnect: () => Promise.resolve(true),
  };
  assert.equal((await send(unknown)).error?.name, "NoAnswerInTime");
  const { error, tookMs } = await send(unknown);
  assert.equal(error?.name, "NoAnswerInTime");
  assert.ok(tookMs >= 120_000, `${tookMs} ms`);
  assert.equal(wait.ms, 240_000);
});

Deno.test("AnswerTimeout is made longer once by requests that were sent at once", async () => {
  const { clock, wait } = setUp();
  const requests = [1, 2, 3, 4, 5].map(() =>
    wait.answer("POST", {
      signal: NEVER,
      send: (onSent, limit) => {
        onSent();
        return silence(limit);
      },
      canConnect: () => Promise.resolve(false),
      answersElsewhere: () => false,
    })
  );
  const ended = Promise.allSettled(requests);
  await clock.advance(60_000);
  await ended;
  assert.equal(wait.ms, 120_000);
});

Deno.test("AnswerTimeout ends soon after hec.timeout when another endpoint answers", async () => {
  const { wait, send } = setUp();
  for (let i = 0; i < 4; i++) await send({});
  const { error, tookMs } = await send({ answersElsewhere: () => true });
  assert.equal(error?.name, "NoAnswerInTime");
  assert.ok(tookMs <= 62_000, `${tookMs} ms`);
  assert.equal(wait.ms, 600_000);
});

Deno.test("AnswerTimeout keeps its length while answers are slow, and shrinks while they are quick", async () => {
  const { wait, send, answerAfter } = setUp();
  await send({});
  await send({});
  assert.equal(wait.ms, 240_000);
  for (let i = 0; i < 10; i++) await answerAfter(90_000);
  assert.equal(wait.ms, 240_000);
  for (let i = 0; i < 50; i++) await answerAfter(1000);
  assert.equal(wait.ms, 240_000);
  for (let i = 0; i < 20; i++) await answerAfter(1000);
  assert.equal(wait.ms, 120_000);
  for (let i = 0; i < 100; i++) await answerAfter(1000);
  assert.equal(wait.ms, 60_000);
});

Deno.test("AnswerTimeout throws the reason of a signal, and what sending throws", async () => {
  const { send } = setUp();
  await send({});
  const stop = new AbortController();
  stop.abort(new Error("lease lost"));
  assert.equal((await send({ signal: stop.signal })).error?.message, "lease lost");
  const broken = { send: () => Promise.reject(new Error("reset")) };
  assert.equal((await send(broken)).error?.message, "reset");
});
