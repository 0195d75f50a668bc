import assert from "node:assert/strict";
import type { TlsTexts } from "../../src/base/tls_files.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { answer, fakeEndpoint, SUCCESS } from "./fake_transport.ts";

const NEVER = new AbortController().signal;
const EVENTS = new TextEncoder().encode('{"event":"a"}');
const CHANNEL = "x-splunk-request-channel";

Deno.test("Endpoint takes a new channel along with new connections when certificates have changed", async () => {
  let texts: TlsTexts = { caCerts: ["old"], client: undefined };
  const tls = { current: () => Promise.resolve(texts) };
  const { endpoint, transports, requests } = fakeEndpoint(
    new FakeClock(),
    ({ path }) => answer(path.endsWith("/ack") ? { acks: {} } : SUCCESS),
    { tls },
  );
  const channels = () => requests.map(({ headers }) => headers[CHANNEL]);
  const { channel } = await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.equal(transports.length, 1);
  texts = { caCerts: ["new"], client: undefined };
  await endpoint.pollAcks(channel, [0], NEVER); // which is the first to see the change
  assert.equal(transports.length, 2);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  await endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
  assert.deepEqual(channels(), ["channel 1", "channel 1", "channel 1", "channel 2", "channel 2"]);
  texts = { caCerts: ["newer"], client: undefined };
  await endpoint.health(NEVER);
  assert.equal(transports.length, 3);
});
