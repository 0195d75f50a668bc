import assert from "node:assert/strict";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { type Answer, CHANNEL, poll, post } from "./hec_client.ts";

const OTHER_CHANNEL = "99999999-4e5f-4a6b-8c7d-9e0f1a2b3c4d";
const EVENT = '{"event":"x"}';
const tokens = [{ token: "ack", useAck: true }, { token: "plain" }];

function send(hec: HecEmulator, body = EVENT, channel = CHANNEL): Promise<Answer> {
  return post(hec, body, { channel });
}

Deno.test("HecEmulator issues ack ids from 0 for each channel", async () => {
  await using hec = HecEmulator.start({ tokens });
  assert.equal((await send(hec)).text, '{"text":"Success","code":0,"ackId":0}');
  assert.equal((await send(hec)).text, '{"text":"Success","code":0,"ackId":1}');
  assert.equal(
    (await send(hec, EVENT, OTHER_CHANNEL)).text,
    '{"text":"Success","code":0,"ackId":0}',
  );
  assert.equal((await post(hec, EVENT, { token: "plain" })).text, '{"text":"Success","code":0}');
  assert.equal(hec.channelCount, 2);
});

Deno.test("HecEmulator reports an ack as true once its delay has passed, and only once", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ tokens, clock });
  await send(hec);
  await send(hec);
  assert.deepEqual(await poll(hec, [0, 1, 5]), { "0": false, "1": false, "5": false });
  await clock.advance(999);
  assert.deepEqual(await poll(hec, [0]), { "0": false });
  await clock.advance(1);
  assert.deepEqual(await poll(hec, [0, 0]), { "0": true });
  assert.deepEqual(await poll(hec, [1, 0]), { "0": false, "1": true });
  assert.deepEqual(await poll(hec, [0, 1]), { "0": false, "1": false });
  assert.deepEqual([...hec.pollsByChannel], [[CHANNEL, 5]]);
});

Deno.test("HecEmulator answers false for the id of another channel", async () => {
  await using hec = HecEmulator.start({ tokens, ackDelayMs: 0 });
  await send(hec);
  assert.deepEqual(await poll(hec, [0], OTHER_CHANNEL), { "0": false });
  assert.deepEqual(await poll(hec, [0]), { "0": true });
});

for (
  const { name, body, text } of [
    {
      name: "a bad object 1",
      body: `${EVENT}{"event":null}`,
      text: '{"text":"Invalid data format","code":6,"invalid-event-number":1,"ackId":0}',
    },
    {
      name: "a bad object 0",
      body: `{"event":null}${EVENT}`,
      text: '{"text":"Invalid data format","code":6,"invalid-event-number":0}',
    },
    {
      name: "a blank object 1",
      body: `${EVENT}{"event":""}`,
      text: '{"text":"Event field cannot be blank","code":13,"invalid-event-number":1,"ackId":0}',
    },
    {
      name: "nothing but a skipped object",
      body: '{"fields":{}}',
      text: '{"text":"Success","code":0}',
    },
  ]
) {
  Deno.test(`HecEmulator issues an ack id exactly if it accepted an event: ${name}`, async () => {
    await using hec = HecEmulator.start({ tokens });
    assert.equal((await send(hec, body)).text, text);
  });
}

Deno.test("HecEmulator issues ids only for code 6 when switched so", async () => {
  await using hec = HecEmulator.start({ tokens, switches: { ackIdOnRefusal: "code_6_only" } });
  const blank = await send(hec, `${EVENT}{"event":""}`);
  assert.equal(blank.json && "ackId" in (blank.json as object), false);
  const bad = await send(hec, `${EVENT}{"event":null}`);
  assert.equal(bad.json && "ackId" in (bad.json as object), true);
});

for (
  const { name, body = '{"acks":[0]}', channel, token = "ack", status = 400, text } of [
    { name: "without a channel", text: '{"text":"Data channel is missing","code":10}' },
    { name: "with a bad channel", channel: "x", text: '{"text":"Invalid data channel","code":11}' },
    {
      name: "of a token without acks",
      token: "plain",
      channel: CHANNEL,
      text: '{"text":"ACK is disabled","code":14}',
    },
    ...["", "[]", "{}", "null", '{"acks":0}', '{"acks":["0"]}', '{"acks":[-1]}', '{"acks":[0.5]}']
      .map((body) => ({
        name: `with the body ${body}`,
        body,
        channel: CHANNEL,
        text: '{"text":"Invalid data format","code":6}',
      })),
    {
      name: "for nothing",
      body: '{"acks":[]}',
      channel: CHANNEL,
      status: 200,
      text: '{"acks":{}}',
    },
  ] as {
    name: string;
    body?: string;
    channel?: string;
    token?: string;
    status?: number;
    text: string;
  }[]
) {
  Deno.test(`HecEmulator answers a poll ${name} with ${status} ${text}`, async () => {
    await using hec = HecEmulator.start({ tokens });
    const options = { path: "/ack", token, ...(channel !== undefined && { channel }) };
    const answer = await post(hec, body, options);
    assert.equal(answer.text, text);
    assert.equal(answer.status, status);
  });
}

Deno.test("HecEmulator never reports an ack with the delay 'never', and says so", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ tokens, clock, ackDelayMs: "never" });
  assert.equal(hec.ackDelayMs, "never");
  await send(hec);
  hec.ackDelayMs = 120_000;
  await send(hec);
  await clock.advance(119_999);
  assert.deepEqual(await poll(hec, [0, 1]), { "0": false, "1": false });
  await clock.advance(1);
  assert.deepEqual(await poll(hec, [0, 1]), { "0": false, "1": true });
  assert.deepEqual(hec.events.map(({ indexed }) => indexed), [false, true]);
});

for (const pollsKeepChannel of [false, true]) {
  Deno.test(`HecEmulator forgets idle channels, polls ${pollsKeepChannel ? "" : "not "}counting`, async () => {
    const clock = new FakeClock();
    await using hec = HecEmulator.start({ tokens, clock, switches: { pollsKeepChannel } });
    await send(hec);
    await send(hec);
    await clock.advance(600_000);
    assert.deepEqual(await poll(hec, [0]), { "0": true });
    await clock.advance(1);
    assert.deepEqual(await poll(hec, [1]), { "1": pollsKeepChannel });
    const { json } = await send(hec);
    assert.equal((json as { ackId: number }).ackId, pollsKeepChannel ? 2 : 0);
  });
}

Deno.test("HecEmulator counts events as indexed when their ack is visible", async () => {
  const clock = new FakeClock();
  const indexed: [number, number][] = [];
  await using hec = HecEmulator.start({
    tokens,
    clock,
    onIndexed: ({ origin, eventCount }) => indexed.push([origin.requestId, eventCount]),
  });
  await post(hec, EVENT, { token: "plain" });
  await send(hec, EVENT + EVENT);
  assert.deepEqual(indexed, [[1, 1]]);
  assert.deepEqual(hec.counts, { accepted: 3, indexed: 1, lost: 0, misrouted: 0 });
  await clock.advance(1000);
  await poll(hec, []);
  assert.deepEqual(indexed, [[1, 1], [2, 2]]);
  assert.deepEqual(hec.counts, { accepted: 3, indexed: 3, lost: 0, misrouted: 0 });
  assert.ok(hec.events.every((event) => event.indexed));
});

Deno.test("HecEmulator forgets acks at a restart, and keeps the events", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ tokens, clock });
  await send(hec);
  hec.restart();
  await clock.advance(1000);
  assert.deepEqual(await poll(hec, [0]), { "0": false });
  assert.deepEqual(hec.counts, { accepted: 1, indexed: 1, lost: 0, misrouted: 0 });
  assert.equal((await send(hec)).text, '{"text":"Success","code":0,"ackId":0}');
});

Deno.test("HecEmulator loses unacknowledged events at a restart with loseUnacked", async () => {
  const clock = new FakeClock();
  const lost: number[] = [];
  await using hec = HecEmulator.start({
    tokens,
    clock,
    onLost: ({ origin, eventCount }) => lost.push(origin.requestId, eventCount),
  });
  await send(hec, '{"event":"safe"}');
  await clock.advance(1000);
  await send(hec, '{"event":"in"}{"event":"memory"}');
  await post(hec, '{"event":"without acks"}', { token: "plain" });
  hec.restart({ loseUnacked: true });
  await clock.advance(1000);
  assert.deepEqual(hec.events.map(({ text }) => text), ["safe", "without acks"]);
  assert.deepEqual(lost, [2, 2]);
  assert.deepEqual(hec.counts, { accepted: 4, indexed: 2, lost: 2, misrouted: 0 });
});

Deno.test("HecEmulator counts from 1 and forgets what is over its limits, as OpenTelemetry's receiver does", async () => {
  await using hec = HecEmulator.start({
    tokens,
    ackDelayMs: 0,
    switches: { firstAckId: 1, ackOverflow: "forget" },
    limits: { maxAckChannels: 1, maxPendingAcksPerChannel: 2 },
  });
  for (const id of [1, 2, 3]) {
    assert.equal((await send(hec)).text, `{"text":"Success","code":0,"ackId":${id}}`);
  }
  assert.deepEqual(await poll(hec, [1, 2]), { "1": false, "2": true });
  await send(hec, EVENT, OTHER_CHANNEL);
  assert.deepEqual(await poll(hec, [3]), { "3": false });
  assert.deepEqual(await poll(hec, [1], OTHER_CHANNEL), { "1": true });
});
