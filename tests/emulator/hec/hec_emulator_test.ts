import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import * as faults from "../../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import type { ReceivedEvent } from "../../../src/emulator/hec/received_event.ts";
import { FakeClock, until } from "../../support/fake_clock.ts";
import { RawClient } from "../http/raw_client.ts";
import { CHANNEL, post } from "./hec_client.ts";

const EVENT = '{"event":"x"}';

Deno.test("HecEmulator stores events in the order in which it was sent them", async () => {
  await using hec = HecEmulator.start();
  for (const body of ['{"event":1}{"event":2}', '{"event":3}']) await post(hec, body);
  assert.deepEqual(hec.events.map(({ raw }) => raw), ["1", "2", "3"]);
  assert.deepEqual(hec.events.map(({ requestId }) => requestId), [1, 1, 2]);
});

Deno.test("HecEmulator counts duplicates by the caller's identity", async () => {
  await using hec = HecEmulator.start();
  hec.inject(faults.storeThenHtml(504));
  for (const id of ["a", "a", "b"]) await post(hec, `{"event":{"id":"${id}"}}`);
  const identity = ({ raw }: ReceivedEvent) => /"id":"(.*?)"/.exec(raw)?.[1];
  assert.deepEqual([...hec.identities(identity)], [["a", 2], ["b", 1]]);
  assert.deepEqual([...hec.duplicates(identity)], [["a", 2]]);
});

Deno.test("HecEmulator refuses to count an event without identity", async () => {
  await using hec = HecEmulator.start();
  await post(hec, EVENT);
  assert.throws(() => hec.duplicates(() => undefined), /Cannot identify an event of request 1/);
});

Deno.test("HecEmulator remembers requests with their exact bytes, headers and outcome", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock, tokens: [{ token: "t", useAck: true }] });
  const body = new Uint8Array(gzipSync(EVENT + '{"fields":{}}'));
  const headers = { "Content-Encoding": "gzip", "User-Agent": "tester/1" };
  await post(hec, body, { channel: CHANNEL, headers, path: "?source=s" });
  await post(hec, "{}", { token: "stranger" });
  const [first, second] = hec.requests;
  assert.ok(first && second);
  assert.deepEqual(first.body, body);
  assert.equal(first.bodyBytes, body.length);
  assert.equal(first.inflatedBytes, 26);
  assert.equal(first.headers.get("user-agent"), "tester/1");
  assert.equal(first.query.get("source"), "s");
  const { requestId, connectionId, method, path, kind, channel, status, code } = first;
  assert.deepEqual(
    { requestId, connectionId, method, path, kind, channel, status, code },
    {
      ...{ requestId: 1, connectionId: 1, method: "POST", path: "/services/collector" },
      ...{ kind: "event", channel: CHANNEL, status: 200, code: 0 },
    },
  );
  const { indexer, eventsTaken, eventsSkipped, ackId, fault, answeredAtMs } = first;
  assert.deepEqual(
    { indexer, eventsTaken, eventsSkipped, ackId, fault, answeredAtMs },
    {
      ...{ indexer: 0, eventsTaken: 1, eventsSkipped: 1, ackId: 0, fault: undefined },
      answeredAtMs: clock.monotonicMs(),
    },
  );
  assert.deepEqual([second.kind, second.status, second.code], [undefined, 403, 4]);
});

Deno.test("HecEmulator keeps nothing with store none, and still counts and calls listeners", async () => {
  let bytes = 0;
  await using hec = HecEmulator.start({
    store: "none",
    maxRequestsKept: 3,
    onEvent: (event) => bytes += event.end - event.start,
  });
  for (let turn = 0; turn < 250; turn++) await post(hec, EVENT + EVENT);
  assert.deepEqual(hec.counts, { accepted: 500, indexed: 500, lost: 0, misrouted: 0 });
  assert.equal(bytes, 500 * EVENT.length);
  assert.equal(hec.events.length, 0);
  assert.deepEqual(hec.requests.map(({ requestId }) => requestId), [248, 249, 250]);
  assert.equal(hec.requests[0]?.body, undefined);
});

Deno.test("HecEmulator counts connections and requests in progress", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock });
  hec.rule = () => faults.slow(1000);
  const sent = [1, 2, 3].map(() => post(hec, EVENT));
  await until(() => clock.sleeping >= 3);
  await clock.advance(1000);
  await Promise.all(sent);
  assert.equal(hec.requestsOpenMax, 3);
  assert.equal(hec.connectionsOpened, 3);
  assert.equal(hec.connectionsOpen, 3);
});

Deno.test("HecEmulator drops connections at a restart", async () => {
  await using hec = HecEmulator.start();
  const port = Number(new URL(hec.url).port);
  using client = await RawClient.connect({ port });
  await client.send("OPTIONS /services/collector HTTP/1.1\r\nHost: a\r\nUser-Agent: t\r\n\r\n");
  await client.readUntil("\r\n\r\n");
  hec.restart();
  assert.equal(await client.readAll(), "");
  assert.equal((await post(hec, EVENT)).status, 200);
});

Deno.test("HecEmulator refuses connections until it accepts them again, and forgets nothing", async () => {
  await using hec = HecEmulator.start();
  await post(hec, EVENT);
  await hec.refuseConnections();
  await hec.refuseConnections();
  await assert.rejects(post(hec, EVENT), TypeError);
  hec.acceptConnections();
  hec.acceptConnections();
  await post(hec, EVENT);
  assert.deepEqual(hec.events.map(({ requestId }) => requestId), [1, 2]);
  assert.deepEqual(hec.requests.map(({ requestId }) => requestId), [1, 2]);
  assert.equal(hec.connectionsOpened, 2);
});

Deno.test("HecEmulator lets tokens come and go while it runs", async () => {
  await using hec = HecEmulator.start();
  hec.tokens.set(hec.token, { token: hec.token, disabled: true });
  assert.equal((await post(hec, EVENT)).text, '{"text":"Token disabled","code":1}');
  hec.tokens.delete(hec.token);
  assert.equal((await post(hec, EVENT)).text, '{"text":"Invalid token","code":4}');
  hec.tokens.set(hec.token, { token: hec.token });
  assert.equal((await post(hec, EVENT)).status, 200);
});

Deno.test("HecEmulator closes idle connections with idleTimeoutMs", async () => {
  const clock = new FakeClock();
  await using hec = HecEmulator.start({ clock, idleTimeoutMs: 2_000 });
  await post(hec, EVENT);
  await until(() => clock.sleeping > 0);
  await clock.advance(2_000);
  await until(() => hec.connectionsOpen === 0);
});

for (const closeWithoutUserAgent of [true, false]) {
  Deno.test(`HecEmulator ${closeWithoutUserAgent ? "closes" : "keeps"} connections of a client without User-Agent`, async () => {
    await using hec = HecEmulator.start({ switches: { closeWithoutUserAgent } });
    using client = await RawClient.connect({ port: Number(new URL(hec.url).port) });
    await client.send("OPTIONS /services/collector HTTP/1.1\r\nHost: a\r\n\r\n");
    const head = await client.readUntil("\r\n\r\n");
    assert.equal(head.includes("\r\nConnection: close\r\n"), closeWithoutUserAgent);
  });
}
