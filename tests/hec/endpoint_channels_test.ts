import assert from "node:assert/strict";
import { FakeClock } from "../support/fake_clock.ts";
import { answer, fakeEndpoint, SUCCESS } from "./fake_transport.ts";

const NEVER = new AbortController().signal;
const EVENTS = new TextEncoder().encode('{"event":"a"}');
const CHANNEL = "x-splunk-request-channel";

/** An endpoint behind which each answer comes from a new indexer, and of its requests the channels. */
async function spreadEndpoint(answerMs = 0) {
  const clock = new FakeClock();
  const { endpoint, requests } = fakeEndpoint(clock, async () => {
    await clock.sleep(answerMs);
    return answer({ ...SUCCESS, ackId: 0 });
  });
  const post = async () => {
    const posting = endpoint.postEvents(EVENTS, { gzipped: false, acks: true }, NEVER);
    await clock.advance(answerMs);
    return (await posting).channel;
  };
  await post();
  await post();
  const channelNames = () => requests.slice(2).map(({ headers }) => headers[CHANNEL]);
  return { endpoint, post, channelNames };
}

Deno.test("Endpoint sends each request on its own channel behind several indexers, side by side", async () => {
  const { post, channelNames } = await spreadEndpoint();
  const channels = await Promise.all([post(), post(), post()]);
  assert.equal(new Set(channelNames()).size, 3);
  assert.ok(channels.every(({ ackIds }) => !ackIds.isInvalidated));
});

const again: [sentence: string, answerMs: number, names: number][] = [
  ["uses the channel of an acknowledged request again", 5000, 1],
  ["uses no channel again after a slow answer, which may be a second indexer's", 5001, 2],
];
for (const [sentence, answerMs, names] of again) {
  Deno.test(`Endpoint ${sentence}`, async () => {
    const { endpoint, post, channelNames } = await spreadEndpoint(answerMs);
    endpoint.acknowledged(await post());
    await post();
    assert.equal(new Set(channelNames()).size, names);
  });
}

Deno.test("Endpoint minds no ids of events that do not wait for acknowledgement", async () => {
  const { endpoint, requests } = fakeEndpoint(
    new FakeClock(),
    () => answer({ ...SUCCESS, ackId: 0 }),
  );
  for (let i = 0; i < 5; i++) {
    await endpoint.postEvents(EVENTS, { gzipped: false, acks: false }, NEVER);
  }
  assert.equal(new Set(requests.map(({ headers }) => headers[CHANNEL])).size, 1);
});
