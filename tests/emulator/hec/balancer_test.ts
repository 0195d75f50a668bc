import assert from "node:assert/strict";
import { Balancer } from "../../../src/emulator/hec/balancer.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { CHANNEL, poll, post } from "./hec_client.ts";

const tokens = [{ token: "ack", useAck: true }];
const EVENT = '{"event":"x"}';
const request = (connectionId: number, cookie?: string) => {
  return { connectionId, headers: new Headers(cookie === undefined ? {} : { cookie }) };
};

Deno.test("Balancer sends each request to the next indexer", () => {
  const balancer = new Balancer(3, "request");
  const picked = [1, 1, 1, 1].map((connection) => balancer.pick(request(connection)).indexer);
  assert.deepEqual(picked, [0, 1, 2, 0]);
});

Deno.test("Balancer keeps a connection on its indexer", () => {
  const balancer = new Balancer(2, "connection");
  const picked = [1, 2, 1, 3, 2].map((connection) => balancer.pick(request(connection)).indexer);
  assert.deepEqual(picked, [0, 1, 0, 0, 1]);
});

Deno.test("Balancer keeps a client on its indexer by a cookie, which the first answer sets", () => {
  const balancer = new Balancer(2, "cookie");
  assert.deepEqual(balancer.pick(request(1)), { indexer: 0, setCookie: "AWSALB=0; Path=/" });
  assert.deepEqual(balancer.pick(request(1)), { indexer: 1, setCookie: "AWSALB=1; Path=/" });
  assert.deepEqual(balancer.pick(request(1, "a=b; AWSALB=1")), {
    indexer: 1,
    setCookie: undefined,
  });
  assert.deepEqual(balancer.pick(request(1, "AWSALB=9")), {
    indexer: 0,
    setCookie: "AWSALB=0; Path=/",
  });
});

Deno.test("HecEmulator repeats ids and misses polls with a balancer without stickiness", async () => {
  await using hec = HecEmulator.start({ tokens, indexers: 2, ackDelayMs: 0 });
  const first = await post(hec, EVENT, { channel: CHANNEL });
  const second = await post(hec, EVENT, { channel: CHANNEL });
  assert.equal(first.text, second.text); // both are ackId 0
  await post(hec, EVENT, { channel: CHANNEL }); // ackId 1 of indexer 0
  assert.deepEqual(await poll(hec, [1]), { "1": false }); // indexer 1 does not know it
  assert.deepEqual(await poll(hec, [1]), { "1": true });
  assert.deepEqual(hec.requests.map(({ indexer }) => indexer), [0, 1, 0, 1, 0]);
});

Deno.test("HecEmulator finds its acks with a sticky balancer", async () => {
  const options = { tokens, indexers: 3, balancing: "cookie", ackDelayMs: 0 } as const;
  await using hec = HecEmulator.start(options);
  await post(hec, EVENT, { channel: CHANNEL });
  const { headers } = await post(hec, EVENT, { channel: CHANNEL });
  const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
  assert.equal(cookie, "AWSALB=1");
  const sticky = { headers: { "Cookie": cookie } };
  const again = await post(hec, EVENT, { channel: CHANNEL, ...sticky });
  assert.equal(again.headers.has("set-cookie"), false);
  assert.deepEqual(await poll(hec, [0, 1], CHANNEL, sticky), { "0": true, "1": true });
});

Deno.test("HecEmulator sets the channel cookie when it has a name", async () => {
  await using hec = HecEmulator.start({ tokens, channelCookie: "hec" });
  const { headers } = await post(hec, EVENT, { channel: CHANNEL });
  assert.equal(headers.get("set-cookie"), `hec=${CHANNEL}`);
});

Deno.test("HecEmulator refuses ack requests without a sticky cookie with requireAnyCookie", async () => {
  await using hec = HecEmulator.start({ tokens, requireAnyCookie: ["AWSELB", "AWSALB"] });
  const refused = await post(hec, EVENT, { channel: CHANNEL });
  assert.equal(refused.status, 400);
  assert.equal(refused.json, undefined);
  const pollRefused = await post(hec, '{"acks":[]}', { path: "/ack", channel: CHANNEL });
  assert.equal(pollRefused.status, 400);
  const headers = { "Cookie": "AWSALB=x" };
  assert.equal((await post(hec, EVENT, { channel: CHANNEL, headers })).status, 200);
  assert.equal(hec.events.length, 1);
});

Deno.test("Balancer sends each request to a random indexer", () => {
  const numbers = [0.99, 0, 0.34];
  const balancer = new Balancer(3, "random", () => numbers.shift()!);
  const picked = [1, 1, 1].map((connectionId) =>
    balancer.pick({ connectionId, headers: new Headers() }).indexer
  );
  assert.deepEqual(picked, [2, 0, 1]);
});

Deno.test("HecEmulator restarts one indexer of several: it alone forgets ids and loses events", async () => {
  await using hec = HecEmulator.start({ tokens, indexers: 2, ackDelayMs: "never" });
  for (let i = 0; i < 4; i++) await post(hec, EVENT, { channel: CHANNEL });
  hec.restart({ indexer: 1, loseUnacked: true });
  assert.deepEqual([hec.counts.lost, hec.events.length], [2, 2]);
  const texts = [
    await post(hec, EVENT, { channel: CHANNEL }),
    await post(hec, EVENT, { channel: CHANNEL }),
  ];
  assert.deepEqual(texts.map(({ text }) => /"ackId":(\d+)/.exec(text)?.[1]), ["2", "0"]);
});
