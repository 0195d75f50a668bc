import assert from "node:assert/strict";
import { FakeClock, settleInside } from "../support/fake_clock.ts";
import { answer, fakeEndpoint, silence, SUCCESS } from "./fake_transport.ts";

const NEVER = new AbortController().signal;
const EVENTS = new TextEncoder().encode('{"event":"a"}');
const CHANNEL = "x-splunk-request-channel";

Deno.test("Endpoint posts events with token, agent, channel and coding", async () => {
  const { endpoint, requests } = fakeEndpoint(new FakeClock(), () => answer(SUCCESS));
  const { answer: { code }, channel } = await endpoint.postEvents(EVENTS, {
    gzipped: true,
    acks: true,
  }, NEVER);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(code, 0);
  assert.equal(channel.id, "channel 1");
  const { onSent, ...request } = requests[0]!;
  assert.equal(typeof onSent, "function");
  assert.deepEqual(request, {
    method: "POST",
    path: "/services/collector/event",
    headers: {
      "accept-encoding": "identity",
      "content-type": "application/json",
      "content-encoding": "gzip",
      "authorization": "Splunk t0ken",
      "user-agent": "sls2hec/test",
      [CHANNEL]: "channel 1",
    },
    body: EVENTS,
  });
  assert.equal(requests[1]!.headers["content-encoding"], undefined);
});

Deno.test("Endpoint polls on the channel that the ids came on, with its cookies", async () => {
  const { endpoint, requests } = fakeEndpoint(
    new FakeClock(),
    ({ path }) =>
      path.endsWith("/ack")
        ? answer({ acks: { 0: true } })
        : answer(SUCCESS, { setCookies: ["lb=one; Path=/"] }),
  );
  const { channel } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  endpoint.retireChannel(channel);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  const { answer: polled, body: acks } = await endpoint.pollAcks(channel, [0, 5], NEVER);
  assert.equal(polled.status, 200);
  assert.equal(new TextDecoder().decode(acks), '{"acks":{"0":true}}');
  assert.deepEqual(requests[2], {
    method: "POST",
    path: "/services/collector/ack",
    headers: {
      "accept-encoding": "identity",
      "content-type": "application/json",
      "authorization": "Splunk t0ken",
      "user-agent": "sls2hec/test",
      [CHANNEL]: "channel 1",
      "cookie": "lb=one",
    },
    body: new TextEncoder().encode('{"acks":[0,5]}'),
  });
});

Deno.test("Endpoint asks for its health without a channel", async () => {
  const { endpoint, requests } = fakeEndpoint(
    new FakeClock(),
    () => answer({ text: "HEC is healthy", code: 17 }),
  );
  assert.equal((await endpoint.health(NEVER)).code, 17);
  assert.deepEqual([requests[0]!.method, requests[0]!.path], ["GET", "/services/collector/health"]);
  assert.equal(requests[0]!.headers[CHANNEL], undefined);
});

Deno.test("Endpoint takes a new channel with a new connection, when it is due or retired", async () => {
  const clock = new FakeClock();
  const { endpoint, requests, transports } = fakeEndpoint(clock, () => answer(SUCCESS), {
    afterRequests: 2,
  });
  for (let i = 0; i < 5; i++) {
    await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  }
  assert.deepEqual(requests.map(({ headers }) => headers[CHANNEL]), [
    ...["channel 1", "channel 1", "channel 2", "channel 2", "channel 3"],
  ]);
  assert.deepEqual(transports.map(({ closed }) => closed), [true, true, false]);
  endpoint.retireConnection();
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 4");
  assert.equal(transports.length, 4);
});

Deno.test("Endpoint retires a connection once for all requests that failed on it", async () => {
  const { endpoint, requests, transports } = fakeEndpoint(new FakeClock(), () => answer(SUCCESS));
  const { channel: old } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  endpoint.retireConnection(old);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  endpoint.retireConnection(old);
  endpoint.retireChannel(old);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(transports.length, 2);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 2");
});

Deno.test("Endpoint opens a new connection and channel after a request without an answer", async () => {
  let failing = true;
  const { endpoint, requests, transports } = fakeEndpoint(new FakeClock(), () => {
    if (failing) throw new Error("reset");
    return answer(SUCCESS);
  });
  await assert.rejects(endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER), /reset/);
  failing = false;
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(transports.length, 2);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 2");
});

Deno.test("Endpoint keeps its connection when its caller gives up, but not the channel, which may hold an unknown id", async () => {
  let silent = true;
  const { endpoint, requests, transports } = fakeEndpoint(
    new FakeClock(),
    (_, signal) => silent ? silence(signal) : answer(SUCCESS),
  );
  const stop = new AbortController();
  const posting = endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, stop.signal);
  await settleInside();
  stop.abort(new Error("lease lost"));
  await assert.rejects(posting, /lease lost/);
  silent = false;
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(transports.length, 1);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 2");
});

Deno.test("Endpoint takes a new channel after an answer that leaves open whether events were accepted", async () => {
  const page = "<html>";
  const answers: [status: number, body: unknown, next: number][] = [
    [504, page, 2],
    [500, page, 2],
    [500, { code: 8 }, 2],
    [408, page, 2],
    [503, page, 2],
    [503, { code: 9, "invalid-event-number": 3 }, 2],
    [503, { code: 9, "invalid-event-number": 0 }, 1],
    [503, { code: 9 }, 1],
    [503, { code: 23 }, 1],
    [400, page, 1],
    [413, page, 1],
    [404, page, 1],
  ];
  for (const [status, body, next] of answers) {
    let first = true;
    const { endpoint, requests } = fakeEndpoint(new FakeClock(), () => {
      if (!first) return answer(SUCCESS);
      first = false;
      return answer(body, { status });
    });
    for (let i = 0; i < 2; i++) {
      await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    }
    assert.equal(requests[1]!.headers[CHANNEL], `channel ${next}`, JSON.stringify([status, body]));
  }
});

Deno.test("Endpoint takes a new channel when an id comes a second time", async () => {
  const { endpoint, requests } = fakeEndpoint(
    new FakeClock(),
    () => answer({ ...SUCCESS, ackId: 0 }),
  );
  const { channel } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  const waiting = channel.ackIds.expect(0, Infinity);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(await waiting, "invalidated");
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.deepEqual(requests.map(({ headers }) => headers[CHANNEL]), [
    ...["channel 1", "channel 1", "channel 2"],
  ]);
});

Deno.test("Endpoint gives up a request after its timeout, and names hec.timeout", async () => {
  const clock = new FakeClock();
  const { endpoint } = fakeEndpoint(clock, (_, signal) => silence(signal), { timeoutMs: 5000 });
  const posting = endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  const failed = assert.rejects(posting, {
    name: "NoAnswerInTime",
    message: "found no answer within 5 s (hec.timeout), though the request was sent",
  });
  await clock.advance(5000);
  await failed;
});

Deno.test("Endpoint waits ten seconds for the health page at most", async () => {
  const clock = new FakeClock();
  const { endpoint } = fakeEndpoint(clock, (_, signal) => silence(signal), { timeoutMs: 120_000 });
  const failed = assert.rejects(endpoint.health(NEVER), /took longer than 10000 ms/);
  await clock.advance(10_000);
  await failed;
});

Deno.test("Endpoint sends the first request of a channel alone where acknowledgements matter", async () => {
  for (const acks of [true, false]) {
    const waiting: (() => void)[] = [];
    const { endpoint, requests } = fakeEndpoint(new FakeClock(), async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
      return answer(SUCCESS, { setCookies: ["lb=one"] });
    });
    const posts = [1, 2, 3].map(() => endpoint.postEvents(EVENTS, { gzipped: false, acks }, NEVER));
    await settleInside();
    assert.equal(requests.length, acks ? 1 : 3);
    waiting[0]!();
    await settleInside();
    assert.equal(requests.length, 3);
    for (const resolve of waiting) resolve();
    await Promise.all(posts);
    if (acks) {
      assert.deepEqual(requests.slice(1).map(({ headers }) => headers.cookie), [
        "lb=one",
        "lb=one",
      ]);
    }
  }
});

Deno.test("Endpoint measures from the sending to the answer, and not the wait for the first one", async () => {
  const clock = new FakeClock();
  const { endpoint } = fakeEndpoint(clock, async () => {
    await clock.sleep(100);
    return answer(SUCCESS);
  });
  const posts = [1, 2].map(() =>
    endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER)
  );
  await clock.advance(200);
  assert.deepEqual((await Promise.all(posts)).map(({ latencyMs }) => latencyMs), [100, 100]);
});

Deno.test("Endpoint takes a fresh channel after 500 seconds without events, polls or not", async () => {
  const clock = new FakeClock();
  const { endpoint, requests } = fakeEndpoint(clock, () => answer(SUCCESS));
  const { channel } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  await clock.advance(500_000);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 1");
  await clock.advance(499_000);
  await endpoint.pollAcks(channel, [0], NEVER);
  await clock.advance(2000);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 2");
});

for (const kind of ["data", "poll"] as const) {
  Deno.test(`Endpoint breaks a channel whose cookie changes with a ${kind} answer`, async () => {
    let cookie = "lb=one";
    const { endpoint, requests } = fakeEndpoint(
      new FakeClock(),
      () => answer({ ...SUCCESS, acks: { 0: true } }, { setCookies: [cookie] }),
    );
    const { channel } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    const waiting = channel.ackIds.expect(0, Infinity);
    cookie = "lb=two";
    if (kind === "data") await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    else await endpoint.pollAcks(channel, [0], NEVER);
    assert.equal(await waiting, "invalidated");
    await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    assert.equal(requests.at(-1)!.headers[CHANNEL], "channel 2");
    assert.equal(requests.at(-1)!.headers.cookie, undefined);
  });
}

Deno.test("Endpoint lets no request wait for long for the first answer of a channel, nor on a channel whose first answer is lost", async () => {
  for (const lost of [true, false]) {
    const clock = new FakeClock();
    let first = true;
    const cut = Promise.withResolvers<never>();
    const { endpoint, requests } = fakeEndpoint(clock, () => {
      if (!first) return answer(SUCCESS);
      first = false;
      return cut.promise;
    }, { timeoutMs: 60_000 });
    const stuck = endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    const cutOff = assert.rejects(stuck, /reset/);
    const others = [1, 2].map(() =>
      endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER)
    );
    await clock.advance(4999);
    assert.equal(requests.length, 1);
    if (lost) cut.reject(new Error("reset"));
    else await clock.advance(1);
    const channels = (await Promise.all(others)).map(({ channel }) => channel.id);
    assert.deepEqual(channels, ["channel 2", "channel 2"]);
    cut.reject(new Error("reset"));
    await cutOff;
  }
});
