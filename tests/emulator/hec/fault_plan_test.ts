import assert from "node:assert/strict";
import type { FaultRequest } from "../../../src/emulator/hec/fault.ts";
import * as faults from "../../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { FakeClock, until } from "../../support/fake_clock.ts";
import { CHANNEL, poll, post } from "./hec_client.ts";

const EVENT = '{"event":"x"}';
const tokens = [{ token: "ack", useAck: true }];

async function statuses(hec: HecEmulator, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let turn = 0; turn < count; turn++) seen.push((await post(hec, EVENT)).status);
  return seen;
}

Deno.test("HecEmulator applies queued faults in order, each the given number of times", async () => {
  await using hec = HecEmulator.start();
  hec.inject(faults.busy(), faults.times(2, faults.html(502)), faults.internalError());
  assert.equal(hec.faultsQueued, 4);
  assert.deepEqual(await statuses(hec, 5), [503, 502, 502, 500, 200]);
  assert.deepEqual(
    hec.requests.map(({ fault }) => fault),
    ["code 9", "html 502", "html 502", "code 8", undefined],
  );
});

Deno.test("HecEmulator asks its rule about each request, with its number", async () => {
  await using hec = HecEmulator.start();
  hec.rule = (_request, n) => n % 3 === 0 ? faults.invalidToken() : undefined;
  assert.deepEqual(await statuses(hec, 7), [200, 200, 403, 200, 200, 403, 200]);
  hec.rule = undefined;
  assert.deepEqual(await statuses(hec, 2), [200, 200]);
});

Deno.test("HecEmulator applies queued faults before its rule's", async () => {
  await using hec = HecEmulator.start();
  hec.rule = () => faults.html(502);
  hec.inject(faults.busy());
  assert.deepEqual(await statuses(hec, 2), [503, 502]);
});

Deno.test("HecEmulator lets a rule fail for a period, by the test's clock", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock });
  const until = clock.monotonicMs() + 60_000;
  hec.rule = () => clock.monotonicMs() < until ? faults.tokenRequired() : undefined;
  assert.deepEqual(await statuses(hec, 2), [401, 401]);
  await clock.advance(60_000);
  assert.deepEqual(await statuses(hec, 1), [200]);
});

Deno.test("HecEmulator gives its rule the request", async () => {
  await using hec = HecEmulator.start({ tokens });
  const seen: [FaultRequest, number][] = [];
  hec.rule = (request, n) => {
    seen.push([request, n]);
    return undefined;
  };
  await post(hec, EVENT, { channel: CHANNEL, path: "/raw?host=h" });
  await post(hec, new Blob([EVENT]).stream(), { channel: CHANNEL });
  await poll(hec, [0]);
  await post(hec, null, { method: "GET", path: "/health" });
  await post(hec, EVENT, { token: "stranger" }); // refused before it is counted
  assert.deepEqual(
    seen.map(([{ kind, method, contentBytes, channel, token, requestId }, n]) => {
      return { kind, method, contentBytes, channel, token, requestId, n };
    }),
    [
      {
        ...{ kind: "raw", method: "POST", contentBytes: 13, channel: CHANNEL, token: "ack" },
        ...{ requestId: 1, n: 1 },
      },
      {
        ...{ kind: "event", method: "POST", contentBytes: undefined, channel: CHANNEL },
        ...{ token: "ack", requestId: 2, n: 2 },
      },
      {
        ...{ kind: "ack", method: "POST", contentBytes: 12, channel: CHANNEL, token: "ack" },
        ...{ requestId: 3, n: 1 },
      },
      {
        ...{ kind: "health", method: "GET", contentBytes: 0, channel: undefined },
        ...{ token: undefined, requestId: 4, n: 1 },
      },
    ],
  );
  assert.equal(seen[0]?.[0].query.get("host"), "h");
  assert.equal(seen[0]?.[0].path, "/services/collector/raw");
});

Deno.test("HecEmulator applies faults only to their target: data, polls or health", async () => {
  await using hec = HecEmulator.start({ tokens, ackDelayMs: 0 });
  hec.inject(faults.on("ack", faults.html(502)), faults.on("health", faults.code(18)));
  hec.rule = () => faults.busy();
  const send = () => post(hec, EVENT, { channel: CHANNEL });
  const ask = () => post(hec, '{"acks":[]}', { path: "/ack", channel: CHANNEL });
  const health = () => post(hec, null, { method: "GET", path: "/health" });
  assert.equal((await send()).status, 503);
  assert.equal((await ask()).status, 502);
  assert.equal((await ask()).status, 200);
  assert.equal((await health()).status, 503);
  assert.equal((await health()).status, 200);
  hec.inject(faults.on("any", faults.notFound()));
  assert.equal((await ask()).status, 404);
});

Deno.test("HecEmulator loses the acks of a poll whose answer is lost", async () => {
  await using hec = HecEmulator.start({ tokens, ackDelayMs: 0 });
  await post(hec, EVENT, { channel: CHANNEL });
  await post(hec, EVENT, { channel: CHANNEL });
  hec.inject(faults.losePollReply());
  const lost = post(hec, new Blob(['{"acks":[0]}']).stream(), { path: "/ack", channel: CHANNEL });
  await assert.rejects(lost, TypeError);
  assert.deepEqual(await poll(hec, [0, 1]), { "0": false, "1": true });
});

Deno.test("HecEmulator keeps the acks of a poll that a fault refuses", async () => {
  await using hec = HecEmulator.start({ tokens, ackDelayMs: 0 });
  await post(hec, EVENT, { channel: CHANNEL });
  hec.inject(faults.on("ack", faults.html(502)));
  await post(hec, '{"acks":[0]}', { path: "/ack", channel: CHANNEL });
  assert.deepEqual(await poll(hec, [0]), { "0": true });
});

Deno.test("HecEmulator issues an ack id although a fault replaces the answer", async () => {
  await using hec = HecEmulator.start({ tokens, ackDelayMs: 0 });
  hec.inject(faults.storeThenHtml(504), faults.html(504), faults.warn(25));
  for (let turn = 0; turn < 2; turn++) await post(hec, EVENT, { channel: CHANNEL });
  const { json } = await post(hec, EVENT, { channel: CHANNEL });
  assert.deepEqual(json, {
    text: "HEC ACK is approaching its capacity limit",
    code: 25,
    ackId: 1,
  });
  assert.deepEqual(hec.requests.map(({ ackId }) => ackId), [0, undefined, 1]);
});

Deno.test("HecEmulator waits by its clock before it handles a slow request", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock });
  hec.inject(faults.slow(30_000), faults.lateAnswer(30_000));
  const slow = post(hec, EVENT);
  await until(() => clock.sleeping > 0);
  assert.equal(hec.events.length, 0);
  await clock.advance(30_000);
  assert.equal((await slow).status, 200);
  const late = post(hec, EVENT);
  await until(() => clock.sleeping > 0);
  assert.equal(hec.events.length, 2);
  await clock.advance(30_000);
  assert.equal((await late).status, 200);
});

Deno.test("HecEmulator stores nothing of a slow request whose client leaves", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock });
  hec.inject(faults.slow(30_000));
  const patience = new AbortController();
  const failed = assert.rejects(post(hec, EVENT, { signal: patience.signal }), /given up/);
  await until(() => clock.sleeping > 0);
  patience.abort(new Error("given up"));
  await failed;
  await until(() => clock.sleeping === 0);
  assert.equal(hec.events.length, 0);
  assert.deepEqual(hec.requests.map(({ fault, status }) => [fault, status]), [["slow", undefined]]);
});
