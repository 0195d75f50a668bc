import assert from "node:assert/strict";
import { readAcks } from "../../../src/hec/ack/ack_poller.ts";
import { settleInside } from "../../support/fake_clock.ts";
import { answer, type Answering, SUCCESS } from "../fake_transport.ts";
import { acks, nothing, withPoller } from "../with_poller.ts";

Deno.test("AckPoller polls once a second while something is pending, and not otherwise", async () => {
  const answers = [nothing, nothing, acks(0, 1)];
  await withPoller(() => answers.shift()!, async ({ clock, post, wait, polls, results }) => {
    await clock.advance(60_000);
    assert.deepEqual(polls(), []);
    const channel = await post();
    wait(channel, 0);
    wait(channel, 1);
    await clock.advance(999);
    assert.deepEqual(polls(), []);
    await clock.advance(1);
    assert.deepEqual(polls(), [[0, 1]]);
    await clock.advance(2000);
    assert.deepEqual(results, ["acked", "acked"]);
    await clock.advance(60_000);
    assert.equal(polls().length, 3);
  });
});

Deno.test("AckPoller polls sooner after hurry()", async () => {
  await withPoller(() => nothing, async ({ clock, post, poller, wait, polls }) => {
    wait(await post(), 0);
    await clock.advance(1000);
    poller.hurry();
    await clock.advance(1000);
    assert.equal(polls().length, 2);
    await clock.advance(250);
    assert.equal(polls().length, 3);
    await clock.advance(999);
    assert.equal(polls().length, 3); // hurried once
  });
  await withPoller(() => nothing, async ({ clock, post, poller, wait, polls }) => {
    poller.hurry();
    wait(await post(), 0);
    await clock.advance(250);
    assert.equal(polls().length, 1);
  });
});

Deno.test("AckPoller polls at most 300 ids in one request", async () => {
  await withPoller(() => nothing, async ({ clock, post, wait, polls }) => {
    const channel = await post();
    for (let id = 0; id < 700; id++) wait(channel, id);
    await clock.advance(1000);
    assert.deepEqual(polls().map((ids) => ids.length), [300, 300, 100]);
    assert.deepEqual(polls().flat(), Array.from({ length: 700 }, (_, id) => id));
  });
});

Deno.test("AckPoller counts no true for an id that the poll did not ask for", async () => {
  let answered = 0;
  await withPoller(() => {
    const ids = Array.from({ length: 2000 }, (_, id) => id);
    return answered++ === 0 ? acks(...ids) : nothing;
  }, async ({ clock, post, wait, results }) => {
    const channel = await post();
    for (let id = 0; id < 301; id++) wait(channel, id);
    await clock.advance(1000);
    assert.deepEqual(results, [...Array(300).fill("acked"), undefined]);
  });
});

const refusals: [sentence: string, polling: Answering, message: string][] = [
  [
    "a token without acknowledgement",
    () => answer({ text: "ACK is disabled", code: 14 }, { status: 400 }),
    'HEC answered 400, code 14 "ACK is disabled"',
  ],
  [
    "HTML",
    () => answer("<html>", { status: 502 }),
    "found HTTP 502 with an HTML page, which is not HEC's answer, expected HEC's answer",
  ],
  ["a 200 that has no acks", () => answer(SUCCESS), 'HEC answered 200, code 0 "Success"'],
  ["trues on a 400", () => answer({ acks: { 0: true } }, { status: 400 }), "found HTTP 400 with"],
  [
    "no answer",
    () => {
      throw new Error("connection reset");
    },
    "connection reset",
  ],
];
for (const [sentence, polling, message] of refusals) {
  Deno.test(`AckPoller takes ${sentence} for trouble and never for an acknowledgement`, async () => {
    let refuses = true;
    await withPoller(
      (request, signal) => refuses ? polling(request, signal) : acks(0),
      async ({ clock, post, wait, results, telemetry }) => {
        wait(await post(), 0);
        await clock.advance(3000);
        assert.deepEqual(results, [undefined]);
        assert.equal(telemetry.length, 3);
        const [trouble] = telemetry;
        assert.ok(trouble?.type === "trouble");
        assert.equal(trouble.about, "https://hec: poll acknowledgements");
        assert.ok(trouble.message.includes(message), trouble.message);
        refuses = false;
        await clock.advance(1000);
        assert.deepEqual(results, ["acked"]);
        assert.deepEqual(telemetry.at(-1), { type: "recovered", about: trouble.about });
      },
    );
  });
}

Deno.test("AckPoller gives an id up after its time, and takes a new channel for new events", async () => {
  await withPoller(() => nothing, async ({ clock, post, wait, results, polls }) => {
    const channel = await post();
    wait(channel, 0);
    await clock.advance(5000);
    assert.deepEqual(results, [undefined]);
    await clock.advance(1000);
    assert.deepEqual(results, ["timed_out"]);
    const count = polls().length;
    await clock.advance(10_000);
    assert.equal(polls().length, count);
    assert.notEqual(await post(), channel);
  });
});

Deno.test("AckPoller keeps polling an old channel until nothing is pending on it", async () => {
  let due: number[] = [];
  await withPoller(() => acks(...due), async ({ clock, post, wait, results }) => {
    const channel = await post();
    wait(channel, 0);
    await clock.advance(4000);
    wait(channel, 1);
    await clock.advance(2000);
    assert.deepEqual(results, ["timed_out", undefined]);
    due = [1];
    await clock.advance(1000);
    assert.deepEqual(results, ["timed_out", "acked"]);
  });
});

Deno.test("AckPoller polls an id that comes late on a channel that is used no more", async () => {
  await withPoller(() => acks(0, 1), async ({ clock, post, wait, results }) => {
    const channel = await post();
    wait(channel, 0);
    await clock.advance(1000); // nothing pending any more
    await clock.advance(500_001);
    assert.notEqual(await post(), channel);
    wait(channel, 1); // of a request that was in flight all the time
    await clock.advance(1000);
    assert.deepEqual(results, ["acked", "acked"]);
  });
});

Deno.test("AckPoller takes an id that comes twice for a restart, and gives up all on the channel", async () => {
  await withPoller(() => nothing, async ({ clock, post, wait, results }) => {
    const channel = await post();
    wait(channel, 0);
    wait(channel, 1);
    await clock.advance(1000);
    for (const id of [0, 1, 0]) channel.ackIds.end(channel.ackIds.begin(), id);
    await settleInside();
    assert.deepEqual(results, ["invalidated", "invalidated"]);
    assert.notEqual(await post(), channel);
    wait(channel, 2); // this one gets no answer either
    await settleInside();
    assert.equal(results[2], "invalidated");
  });
});

Deno.test("AckPoller counts no true of an answer whose cookie leads to another indexer", async () => {
  const answers = [
    answer({ acks: {} }, { setCookies: ["lb=one"] }),
    answer({ acks: { 0: true } }, { setCookies: ["lb=two"] }),
  ];
  await withPoller(() => answers.shift()!, async ({ clock, post, wait, results }) => {
    // The first answer of the channel was that to its events, so that any cookie after it is a change.
    wait(await post(), 0);
    await clock.advance(1000);
    assert.deepEqual(results, ["invalidated"]);
  });
});

Deno.test("AckPoller does not send the ids that are left when a poll fails", async () => {
  await withPoller(
    () => answer("<html>", { status: 503 }),
    async ({ clock, post, wait, polls }) => {
      const channel = await post();
      for (let id = 0; id < 700; id++) wait(channel, id);
      await clock.advance(1000);
      assert.equal(polls().length, 1);
    },
  );
});

const bodies: [text: string, ids: number[] | undefined][] = [
  ['{"acks":{"0":true,"1":false,"12":true}}', [0, 12]],
  ['{"acks":{}}', []],
  ['{"acks":{"1234567890123456":true,"9007199254740991":true}}', [
    1234567890123456,
    9007199254740991,
  ]],
  ['{"acks":{"9007199254740992":true,"9999999999999999":true,"18446744073709551615":true}}', []],
  ['{"acks":{"0":"true","1":1,"2":null}}', []],
  ['{"acks":{"x":true,"-1":true,"1.5":true,"":true,"__proto__":true,"01":true}}', []],
  ['{"acks":[true]}', undefined],
  ['{"acks":null}', undefined],
  ['{"text":"Success","code":0}', undefined],
  ["[]", undefined],
  ["null", undefined],
  ["<html>", undefined],
  ["", undefined],
  ['{"acks":{"0":true}', undefined],
];
for (const [text, ids] of bodies) {
  Deno.test(`readAcks reads ${text === "" ? "nothing" : text} as ${JSON.stringify(ids)}`, () => {
    assert.deepEqual(readAcks(new TextEncoder().encode(text)), ids);
  });
}
