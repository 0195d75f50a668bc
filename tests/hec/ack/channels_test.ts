import assert from "node:assert/strict";
import { Secret } from "../../../src/base/secret.ts";
import type { AssignedId } from "../../../src/hec/ack/ack_ids.ts";
import type { Channel } from "../../../src/hec/ack/channel.ts";
import { Channels } from "../../../src/hec/ack/channels.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const TOKEN = new Secret("t0ken");

function parts() {
  const clock = new FakeClock();
  let names = 0;
  const channels = new Channels(clock, () => `channel ${++names}`);
  const take = (token = TOKEN) => channels.take(token, true);
  /** A request is sent and answered. */
  const post = (channel: Channel, drawn: AssignedId) => {
    channel.ackIds.end(channel.ackIds.begin(), drawn);
    channels.answered(channel, drawn);
    return channel;
  };
  /** A request is sent, answered and acknowledged. */
  const done = (drawn: number) => {
    const channel = post(take(), drawn);
    channels.acknowledged(channel);
    return channel;
  };
  /** An id that comes again shows several indexers. */
  const spread = () => {
    const shared = take();
    post(shared, 0);
    post(shared, 0);
  };
  return { clock, channels, take, post, done, spread };
}

Deno.test("Channels gives all requests one channel while ids come in order, jump or overtake", () => {
  const { take, post } = parts();
  for (const id of [0, 1, 2, 5, 4, 10_006, 3_000_000]) {
    assert.deepEqual([post(take(), id).id, take().isOwn], ["channel 1", false]);
  }
});

const breaks: [sentence: string, ids: number[]][] = [
  ["comes again", [0, 0]],
  ["goes back", [0, 1, 2, 1]],
  ["jumps back by far", [50_000, 3]],
];
for (const [sentence, ids] of breaks) {
  Deno.test(`Channels gives each request its own once an id ${sentence}`, () => {
    const { take, post } = parts();
    const shared = take();
    for (const id of ids) post(shared, id);
    const own = [take(), take(), take()];
    assert.ok(own.every(({ isOwn }) => isOwn));
    assert.equal(new Set(own.map(({ id }) => id)).size, 3);
  });
}

Deno.test("Channels gives those their shared channel that do not wait for acknowledgement", () => {
  const { channels, spread } = parts();
  spread();
  const [one, two] = [channels.take(TOKEN, false), channels.take(TOKEN, false)];
  assert.equal(one, two);
  assert.equal(one.isOwn, false);
});

Deno.test("Channels uses a name again once its request is acknowledged", () => {
  const { take, done, spread } = parts();
  spread();
  const first = done(0).id;
  const [again, fresh] = [take(), take()];
  assert.equal(again.id, first);
  assert.notEqual(fresh.id, first);
  assert.equal(again.ackIds.pendingCount, 0);
});

const doubts: [sentence: string, doubt: (channel: Channel) => void, drawn: AssignedId][] = [
  ["whose request may have been sent twice", (channel) => channel.markAmbiguous(), 0],
  ["whose answer had no id", () => {}, "none"],
  ["whose answer was lost", () => {}, "unknown"],
];
for (const [sentence, doubt, drawn] of doubts) {
  Deno.test(`Channels never uses a name again ${sentence}`, () => {
    const { channels, take, post, spread } = parts();
    spread();
    const channel = post(take(), drawn);
    doubt(channel);
    channels.acknowledged(channel);
    assert.notEqual(take().id, channel.id);
  });
}

Deno.test("Channels uses no name again with another token, nor after 500 seconds", async () => {
  const { clock, take, done, spread } = parts();
  spread();
  const first = done(0).id;
  assert.notEqual(take(new Secret("another")).id, first);
  const second = done(0).id;
  await clock.advance(500_001);
  assert.notEqual(take().id, second);
});

Deno.test("Channels tries one channel for all again when ids stay in order for ten minutes", async () => {
  const { clock, take, done, spread } = parts();
  spread();
  for (let id = 0; id < 60; id++) {
    const { id: name, isOwn } = done(id);
    assert.deepEqual([name, isOwn], ["channel 2", true]);
    await clock.advance(10_000);
  }
  assert.equal(take().isOwn, false);
  spread(); // it was one of several after all
  await clock.advance(1_199_000);
  assert.equal(take().isOwn, true);
  await clock.advance(2000);
  assert.equal(take().isOwn, false);
});

Deno.test("Channels never tries one channel for all while ids show several indexers", async () => {
  const { clock, done, spread } = parts();
  spread();
  for (let i = 0; i < 1000; i++) {
    assert.equal(done([0, 0, 1][i % 3]!).isOwn, true);
    await clock.advance(10_000);
  }
});

Deno.test("Channels retires connections once for all requests that failed on them", () => {
  const { channels, take, spread } = parts();
  spread();
  const [one, two] = [take(), take()];
  assert.equal(channels.newGeneration(one), true);
  assert.equal(channels.newGeneration(two), false);
  assert.equal(channels.newGeneration(take()), true);
  assert.equal(channels.newGeneration(), true);
});
