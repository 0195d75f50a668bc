import assert from "node:assert/strict";
import type { Channel } from "../../src/hec/ack/channel.ts";
import { answer, SUCCESS } from "./fake_transport.ts";
import { acks, nothing, withPoller } from "./with_poller.ts";

/** Several indexers: each answers its first request. */
const SPREAD = { accepted: { ...SUCCESS, ackId: 0 } };

/** Posts events until each request has its own channel. @returns their number. */
async function ownChannels(post: () => Promise<Channel>, count: number): Promise<Channel[]> {
  for (let i = 0; i < 2; i++) await post();
  const channels = [];
  for (let i = 0; i < count; i++) channels.push(await post());
  assert.ok(channels.every(({ isOwn }) => isOwn));
  return channels;
}

Deno.test("AckPoller asks sooner, and then less often, for the channel of one request", async () => {
  await withPoller(
    () => nothing,
    async ({ clock, post, wait, polls }) => {
      for (const own of await ownChannels(post, 21)) wait(own, 0);
      const rounds = () => polls().length / 21;
      await clock.advance(999);
      assert.equal(rounds(), 0);
      await clock.advance(1);
      assert.equal(rounds(), 1);
      await clock.advance(1000);
      assert.equal(rounds(), 3); // after 250 ms, and 300 ms at the next quarter
      await clock.advance(3400);
      assert.ok(rounds() >= 7 && rounds() <= 9, `${rounds()} rounds`);
    },
    SPREAD,
  );
});

Deno.test("AckPoller asks four times in a row for the channel of one request while few wait", async () => {
  let polled = 0;
  await withPoller(
    () => ++polled === 7 ? acks(0) : nothing,
    async ({ clock, post, wait, results }) => {
      const [own] = await ownChannels(post, 1);
      wait(own!, 0);
      await clock.advance(1000);
      assert.equal(polled, 4);
      await clock.advance(250);
      assert.equal(polled, 7);
      assert.deepEqual(results, ["acked"]);
    },
    SPREAD,
  );
});

Deno.test("AckPoller asks over new connections when those it has lead to the wrong indexers", async () => {
  await withPoller(
    () => nothing,
    async ({ clock, post, wait, connections }) => {
      const [own] = await ownChannels(post, 1);
      wait(own!, 0);
      await clock.advance(3000);
      assert.equal(connections(), 1);
      await clock.advance(2000);
      assert.equal(connections(), 2);
      await clock.advance(3000);
      assert.equal(connections(), 2);
    },
    SPREAD,
  );
});

Deno.test("AckPoller takes codes 10 and 11 of an indexer that never saw a request's own channel for a false", async () => {
  for (const code of [10, 11]) {
    let polled = 0;
    await withPoller(
      () => ++polled < 12 ? answer({ text: "x", code }, { status: 400 }) : acks(0),
      async ({ clock, post, wait, results, telemetry }) => {
        const [own] = await ownChannels(post, 1);
        wait(own!, 0);
        await clock.advance(3000);
        assert.deepEqual(results, ["acked"]);
        assert.deepEqual(telemetry, []);
      },
      SPREAD,
    );
  }
});

Deno.test("AckPoller asks for one channel of many while none is answered, and slowly after a while", async () => {
  let refuses = true;
  await withPoller(
    () => refuses ? answer("<html>", { status: 404 }) : acks(0),
    async ({ clock, post, wait, polls, results, telemetry }) => {
      for (const own of await ownChannels(post, 50)) wait(own, 0);
      await clock.advance(60_000);
      assert.ok(polls().length < 70, `${polls().length} polls`);
      assert.ok(telemetry.length < 20, `${telemetry.length} troubles`);
      assert.ok(results.every((result) => result === undefined));
      refuses = false;
      await clock.advance(8000);
      assert.ok(results.every((result) => result === "acked"));
    },
    SPREAD,
  );
});
