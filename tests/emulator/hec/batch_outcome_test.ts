import assert from "node:assert/strict";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { post } from "./hec_client.ts";

const event = (text: string, more = "") => `{"event":"${text}"${more}}`;

/** What Splunk 10.4.3 answers to three objects whose second is bad, and what it has indexed then. */
for (
  const { name, bad, status = 400, text, indexed } of [
    {
      name: "a JSON syntax error",
      bad: '{"event":"b"',
      text: '{"text":"Invalid data format","code":6,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "a null event",
      bad: '{"event":null}',
      text: '{"text":"Invalid data format","code":6,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "neither event nor fields",
      bad: "{}",
      text: '{"text":"Event field is required","code":12,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "a blank event",
      bad: event(" "),
      text: '{"text":"Event field cannot be blank","code":13,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "a nested value in fields",
      bad: event("b", ',"fields":{"x":{"y":1}}'),
      text: '{"text":"Error in handling indexed fields","code":15,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "an index that the token does not list",
      bad: event("b", ',"index":"secret"'),
      text: '{"text":"Incorrect index","code":7,"invalid-event-number":2}',
      indexed: ["a"],
    },
    {
      name: "an event over maxEventSize",
      bad: event("b".repeat(5 * 1024 * 1024 + 1)),
      text: '{"text":"Invalid data format","code":6,"invalid-event-number":1}',
      indexed: ["a"],
    },
    {
      name: "an unknown envelope key",
      bad: event("b", ',"extra":1'),
      status: 200,
      text: '{"text":"Success","code":0}',
      indexed: ["a"],
    },
    {
      name: "fields without event",
      bad: '{"fields":{"x":"y"}}',
      status: 200,
      text: '{"text":"Success","code":0}',
      indexed: ["a", "c"],
    },
    {
      name: "nothing wrong",
      bad: event("b"),
      status: 200,
      text: '{"text":"Success","code":0}',
      indexed: ["a", "b", "c"],
    },
  ]
) {
  Deno.test(`HecEmulator has ${indexed} of a batch in which object 1 has ${name}`, async () => {
    await using hec = HecEmulator.start({ tokens: [{ token: "t", indexes: ["main"] }] });
    const answer = await post(hec, `${event("a")}\n${bad}\n${event("c")}`);
    assert.equal(answer.status, status);
    assert.equal(answer.text, text);
    assert.deepEqual(hec.events.map(({ text }) => text), indexed);
    const [seen] = hec.requests;
    assert.equal(seen?.eventsTaken, indexed.length);
    assert.equal(seen?.eventsSkipped, name === "fields without event" ? 1 : 0);
  });
}

Deno.test("HecEmulator takes an event of exactly maxEventSize", async () => {
  await using hec = HecEmulator.start();
  assert.equal((await post(hec, event("b".repeat(5 * 1024 * 1024)))).status, 200);
});

Deno.test("HecEmulator answers an unknown key in the only object with code 5", async () => {
  await using hec = HecEmulator.start();
  const { status, text } = await post(hec, event("b", ',"extra":1'));
  assert.deepEqual([status, text], [400, '{"text":"No data","code":5}']);
});

const routed = event("a", ',"index":"main"') + event("b", ',"index":"nowhere"') +
  event("c", ',"index":"main"');

Deno.test("HecEmulator accepts events for an index that does not exist, and counts them", async () => {
  await using hec = HecEmulator.start({ knownIndexes: ["main"] });
  assert.equal((await post(hec, routed)).text, '{"text":"Success","code":0}');
  assert.deepEqual(hec.events.map(({ text }) => text), ["a", "c"]);
  assert.deepEqual(hec.droppedEvents.map(({ text, index }) => [text, index]), [["b", "nowhere"]]);
  assert.deepEqual(hec.counts, { accepted: 3, indexed: 2, lost: 0, misrouted: 1 });
});

Deno.test("HecEmulator sends misrouted events to the last-chance index if there is one", async () => {
  await using hec = HecEmulator.start({ knownIndexes: ["main", "lost"], lastChanceIndex: "lost" });
  await post(hec, routed);
  assert.deepEqual(
    hec.events.map(({ text, index, misrouted }) => [text, index, misrouted]),
    [["a", "main", false], ["b", "lost", true], ["c", "main", false]],
  );
  assert.deepEqual(hec.droppedEvents, []);
});
