import assert from "node:assert/strict";
import { Secret } from "../../../src/base/secret.ts";
import { Channel } from "../../../src/hec/ack/channel.ts";
import { FakeClock, settleInside } from "../../support/fake_clock.ts";

const NEVER = new AbortController().signal;
const channel = () => new Channel("11111111-2222-4333-8444-555555555555", new Secret("t0ken"), 0);

Deno.test("Channel keeps cookies and sends them back", () => {
  const one = channel();
  assert.equal(one.cookie, undefined);
  assert.equal(
    one.keepCookies(["a=1; Path=/; HttpOnly", " b = two=2 ", "", "=x", "novalue"]),
    true,
  );
  assert.equal(one.cookie, "a=1; b=two=2");
});

const changes: [sentence: string, answers: string[][], stuck: boolean][] = [
  ["the same cookie again", [["a=1"], ["a=1; Max-Age=60"], []], true],
  ["a changed value", [["a=1"], ["a=2"]], false],
  ["a new cookie after the first answer", [[], ["a=1"]], false],
  ["one changed cookie of two", [["a=1", "b=1"], ["b=2", "a=1"]], false],
  ["a rotating cookie of Amazon's balancer", [["AWSALB=1", "AWSALBCORS=1"], ["AWSALB=2"]], true],
  ["a changed cookie of Amazon's classic balancer", [["AWSELB=1"], ["AWSELB=2"]], false],
];
for (const [sentence, answers, stuck] of changes) {
  Deno.test(`Channel takes ${sentence} for ${stuck ? "the same indexer" : "another indexer"}`, async () => {
    const one = channel();
    const waiting = one.ackIds.expect(0, Infinity)!;
    assert.equal(answers.map((cookies) => one.keepCookies(cookies)).at(-1), stuck);
    assert.equal(one.ackIds.isUnusable, !stuck);
    if (!stuck) assert.equal(await waiting, "invalidated");
  });
}

Deno.test("Channel sends the latest value of a rotating cookie", () => {
  const one = channel();
  one.keepCookies(["AWSALB=1"]);
  one.keepCookies(["AWSALB=2"]);
  assert.equal(one.cookie, "AWSALB=2");
});

Deno.test("Channel keeps twenty cookies at most, however many names a server thinks of", () => {
  const one = channel();
  for (let i = 0; i < 1000; i++) one.keepCookies([`AWSALB${i}=1`]);
  assert.equal(one.cookie?.split("; ").length, 20);
});

Deno.test("Channel counts the time between polls that are answered, and ten seconds at most for each", async () => {
  const one = channel();
  const waiting = one.expectAck(0, 100_000, 1000)!;
  const polls: [nowMs: number, answered: boolean, polledMs: number][] = [
    [2000, true, 1000],
    [3000, true, 2000],
    [4000, false, 2000],
    [34_000, false, 2000],
    [40_000, true, 3000], // a second of these six
    [41_000, true, 4000],
    [10_000_000, true, 14_000], // the process was stopped
  ];
  for (const [nowMs, answered, polledMs] of polls) {
    one.polled(answered, nowMs);
    assert.equal(one.polledMs, polledMs);
  }
  assert.equal(one.ackIds.expire(99_999), 0);
  assert.equal(one.ackIds.expire(100_000), 1);
  assert.equal(await waiting, "timed_out");
});

Deno.test("Channel gives an id its whole time, whatever the time of the last poll", async () => {
  const one = channel();
  const first = one.expectAck(0, 100, 50_000)!; // long after the channel was made
  one.polled(true, 50_060);
  const second = one.expectAck(1, 100, 50_090)!;
  one.polled(true, 50_100);
  assert.equal(one.ackIds.expire(one.polledMs), 1);
  assert.equal(await first, "timed_out");
  one.polled(true, 50_189);
  assert.equal(one.ackIds.expire(one.polledMs), 0);
  one.polled(true, 50_190);
  assert.equal(one.ackIds.expire(one.polledMs), 1);
  assert.equal(await second, "timed_out");
});

/** Requests of a channel that are answered when the test says so. */
function opening(one: Channel, count: number, clock = new FakeClock()) {
  const answers = Array.from({ length: count }, () => Promise.withResolvers<string>());
  const sent: number[] = [];
  const stops = answers.map(() => new AbortController());
  const requests = answers.map(({ promise }, i) =>
    one.open(
      async () => {
        sent.push(i);
        const text = await promise;
        one.keepCookies([]);
        return text;
      },
      clock,
      stops[i]!.signal,
    )
  );
  return { answers, sent, requests, stops };
}

Deno.test("Channel lets its first request go alone, and all others after its answer", async () => {
  const one = channel();
  const { answers, sent, requests } = opening(one, 4);
  await settleInside();
  assert.deepEqual(sent, [0]);
  answers[0]!.resolve("first");
  await settleInside();
  assert.deepEqual(sent, [0, 1, 2, 3]);
  for (const { resolve } of answers) resolve("done");
  assert.deepEqual(await Promise.all(requests), ["first", "done", "done", "done"]);
  assert.equal(await one.open(() => Promise.resolve("later"), new FakeClock(), NEVER), "later");
});

Deno.test("Channel sends the others off to another one when its first request gets no answer, or a late one", async () => {
  for (const late of [true, false]) {
    const one = channel();
    const clock = new FakeClock();
    const { answers, sent, requests } = opening(one, 3, clock);
    await settleInside();
    if (late) await clock.advance(5000);
    else answers[0]!.reject(new Error("reset"));
    assert.deepEqual(await Promise.all(requests.slice(1)), [undefined, undefined]);
    answers[0]!.reject(new Error("reset"));
    await assert.rejects(requests[0]!, /reset/);
    assert.deepEqual(sent, [0]);
  }
});

Deno.test("Channel sends the others off to another one when its first answer leaves open what was accepted", async () => {
  const one = channel();
  const first = one.open(
    () => {
      one.keepCookies([]);
      one.ackIds.end(one.ackIds.begin(), "unknown");
      return Promise.resolve("504");
    },
    new FakeClock(),
    NEVER,
  );
  const second = one.open(() => Promise.resolve("sent"), new FakeClock(), NEVER);
  assert.deepEqual(await Promise.all([first, second]), ["504", undefined]);
});

/** Requests of a channel that takes care, each drawing the next id when it is answered. */
function careful(count: number, idOf = (i: number) => i) {
  const one = new Channel("c", new Secret("t0ken"), 0, { careful: true });
  const clock = new FakeClock();
  const answers = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const sent: number[] = [];
  const requests = answers.map(({ promise }, i) =>
    one.open(
      async () => {
        sent.push(i);
        await promise;
        one.keepCookies([]);
        one.ackIds.end(one.ackIds.begin(), idOf(i));
        return i;
      },
      clock,
      NEVER,
    )
  );
  return { clock, answers, sent, requests };
}

Deno.test("Channel that takes care sends its second request alone, too", async () => {
  const { answers, sent, requests } = careful(5);
  answers[0]!.resolve();
  await settleInside();
  assert.deepEqual(sent, [0, 1]);
  answers[1]!.resolve();
  await settleInside();
  assert.deepEqual(sent, [0, 1, 2, 3, 4]);
  for (const { resolve } of answers) resolve();
  assert.deepEqual(await Promise.all(requests), [0, 1, 2, 3, 4]);
});

Deno.test("Channel that takes care sends the others off when its second id comes from another indexer", async () => {
  const { answers, sent, requests } = careful(5, () => 0);
  answers[0]!.resolve();
  await settleInside();
  answers[1]!.resolve();
  assert.deepEqual(await Promise.all(requests), [0, 1, undefined, undefined, undefined]);
  assert.deepEqual(sent, [0, 1]);
});

Deno.test("Channel that takes care lets no request wait longer than 5 seconds for its second answer", async () => {
  const { clock, answers, sent, requests } = careful(4);
  answers[0]!.resolve();
  await settleInside();
  await clock.advance(5000);
  assert.deepEqual(sent, [0, 1, 2, 3]);
  for (const { resolve } of answers) resolve();
  await Promise.all(requests);
});

Deno.test("Channel for one request keeps to the cookies of its first answer, but for rotating ones", () => {
  const one = new Channel("c", new Secret("t0ken"), 0, { own: { assignedBefore: undefined } });
  one.keepCookies(["lb=one", "AWSALB=1"]);
  assert.equal(one.keepCookies(["lb=two", "AWSALB=2", "new=1"]), true);
  assert.equal(one.cookie, "lb=one; AWSALB=2");
  assert.equal(one.ackIds.isInvalidated, false);
});

Deno.test("Channel ends the wait for another's answer when the request's own signal aborts", async () => {
  const one = channel();
  const { answers, sent, requests, stops } = opening(one, 2);
  await settleInside();
  stops[1]!.abort(new Error("lease lost"));
  await assert.rejects(requests[1]!, /lease lost/);
  assert.deepEqual(sent, [0]);
  answers[0]!.resolve("ok");
  await requests[0];
});
