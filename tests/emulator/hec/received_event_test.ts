import assert from "node:assert/strict";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import type { ReceivedEvent } from "../../../src/emulator/hec/received_event.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { CHANNEL, post } from "./hec_client.ts";

const RECEIVED_MS = Date.UTC(2026, 10, 1);

async function received(body: BodyInit, path = "/event"): Promise<ReceivedEvent[]> {
  const clock = new FakeClock(RECEIVED_MS);
  await using hec = HecEmulator.start({ clock });
  const { status } = await post(hec, body, { path, channel: CHANNEL });
  assert.equal(status, 200);
  return [...hec.events];
}

Deno.test("ReceivedEvent has every part of its envelope as in the body", async () => {
  const envelope = '{ "time" : 1700000000.123456789, "host":"h\\u00e9", "source":"s", ' +
    '"sourcetype":"t","index":"i", "event" : {"n":12345678901234567890, "a":[1, 2]} ,' +
    '"fields":{"x":"y","big":12345678901234567890}}';
  const [event] = await received(`  ${envelope}\n`);
  assert.ok(event);
  assert.equal(event.envelope, envelope);
  assert.equal(event.raw, '{"n":12345678901234567890, "a":[1, 2]}');
  assert.equal(event.text, event.raw);
  assert.equal(new TextDecoder().decode(event.rawBytes), event.raw);
  assert.equal(event.timeText, "1700000000.123456789");
  assert.equal(event.timeMicros, 1_700_000_000_123_456);
  assert.equal(event.host, "hé");
  assert.equal(event.source, "s");
  assert.equal(event.sourcetype, "t");
  assert.equal(event.index, "i");
  assert.equal(event.fieldsText, '{"x":"y","big":12345678901234567890}');
  assert.equal(event.fields?.["x"], "y");
  assert.equal(event.channel, CHANNEL);
  assert.equal(event.requestId, 1);
  assert.equal(event.indexed, true);
});

Deno.test("ReceivedEvent has a string event both as JSON and as Splunk shows it", async () => {
  const [event] = await received('{"event":"two\\nlines \\ud83d\\ude00"}');
  assert.equal(event?.raw, '"two\\nlines \\ud83d\\ude00"');
  assert.equal(event?.text, "two\nlines 😀");
});

Deno.test("ReceivedEvent shows bytes that are not UTF-8 as U+FFFD and keeps them", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode('{"event":"'), 0xff, 0x22, 0x7d]);
  const [event] = await received(bytes);
  assert.equal(event?.text, "\ufffd");
  assert.deepEqual([...event?.rawBytes ?? []], [0x22, 0xff, 0x22]);
});

Deno.test("ReceivedEvent falls back to Splunk's defaults", async () => {
  const [event] = await received('{"event":"x"}');
  assert.ok(event);
  assert.equal(event.timeText, undefined);
  assert.equal(event.timeMicros, RECEIVED_MS * 1000);
  assert.equal(event.host, "emulator:8088");
  assert.equal(event.source, "http:emulator");
  assert.equal(event.sourcetype, "httpevent");
  assert.equal(event.index, "main");
  assert.equal(event.fields, undefined);
});

Deno.test("ReceivedEvent falls back to the query first", async () => {
  const query = "?host=qh&source=qs&sourcetype=qt&index=qi&time=1600000000.5";
  const [own, other] = await received(
    '{"event":"x","host":"own","time":1}{"event":"y"}',
    `/event${query}`,
  );
  assert.equal(own?.host, "own");
  assert.equal(own?.timeMicros, 1_000_000);
  assert.equal(own?.source, "qs");
  assert.equal(other?.host, "qh");
  assert.equal(other?.sourcetype, "qt");
  assert.equal(other?.index, "qi");
  assert.equal(other?.timeMicros, 1_600_000_000_500_000);
});

Deno.test("ReceivedEvent takes nothing from other objects of its batch", async () => {
  const full = '{"event":"a","time":1,"host":"h","source":"s","sourcetype":"t","index":"i"}';
  for (const body of [`${full}{"event":"b"}`, `{"event":"b"}${full}`]) {
    const bare = (await received(body)).find(({ text }) => text === "b");
    assert.ok(bare);
    assert.deepEqual(
      [bare.timeMicros, bare.host, bare.source, bare.sourcetype, bare.index],
      [RECEIVED_MS * 1000, "emulator:8088", "http:emulator", "httpevent", "main"],
    );
  }
});

Deno.test("ReceivedEvent falls back to its token's own settings", async () => {
  await using hec = HecEmulator.start({
    tokens: [{ token: "t", name: "n", host: "th", sourcetype: "tt", index: "ti" }],
  });
  await post(hec, '{"event":"x"}');
  const [event] = hec.events;
  assert.deepEqual(
    [event?.host, event?.source, event?.sourcetype, event?.index, event?.token],
    ["th", "http:n", "tt", "ti", "t"],
  );
});

for (const time of ["-1", '"-.5"', "-1e3", '"now"', '""', "null"]) {
  Deno.test(`ReceivedEvent that says time ${time} gets its time of receipt, where that is accepted`, async () => {
    const clock = new FakeClock(RECEIVED_MS);
    await using hec = HecEmulator.start({ clock, switches: { oddTime: "receipt_time" } });
    await post(hec, `{"event":"x","time":${time}}`);
    assert.equal(hec.events[0]?.timeMicros, RECEIVED_MS * 1000);
  });
}

Deno.test("ReceivedEvent of /raw is a line", async () => {
  const events = await received("one\r\n\n  two\nlast", "/raw?index=web&sourcetype=st");
  assert.deepEqual(events.map(({ raw }) => raw), ["one", "  two", "last"]);
  assert.deepEqual(events.map(({ text }) => text), ["one", "  two", "last"]);
  assert.deepEqual([events[0]?.index, events[0]?.sourcetype], ["web", "st"]);
  assert.equal(events[0]?.envelope, "one");
  assert.equal(events[0]?.timeMicros, RECEIVED_MS * 1000);
});

for (
  const [name, body, text] of [
    ["an empty body", "", '{"text":"No data","code":5}'],
    ["empty lines alone", "\r\n\n", '{"text":"No data","code":5}'],
  ] as const
) {
  Deno.test(`HecEmulator answers ${name} on /raw with code 5`, async () => {
    await using hec = HecEmulator.start();
    assert.equal((await post(hec, body, { path: "/raw" })).text, text);
  });
}

Deno.test("HecEmulator refuses /raw for an index that the token does not list", async () => {
  await using hec = HecEmulator.start({ tokens: [{ token: "t", indexes: ["main"] }] });
  const { status, json } = await post(hec, "line", { path: "/raw?index=web" });
  assert.deepEqual([status, json], [400, { text: "Incorrect index", code: 7 }]);
  assert.equal(hec.events.length, 0);
});
