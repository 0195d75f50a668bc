import assert from "node:assert/strict";
import { ReloadingFile } from "../../src/base/reloading_file.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A number out of a text that the test changes; undefined when there is no file. */
function rereading(text: string | undefined, initial?: { text: string; value: object }) {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const file = { text };
  const value = new ReloadingFile<object>({ clock, telemetry: (event) => events.push(event) }, {
    about: "the value",
    hint: "write it",
    read: () => {
      if (file.text === undefined) throw new Error("Cannot read f: there is no such file");
      return file.text;
    },
    parse: (text) => {
      if (text === "") throw new Error("Cannot use f: it is empty");
      return { text };
    },
    ...(initial && { initial }),
  });
  return { value, file, clock, events, types: () => events.map(({ type }) => type) };
}

Deno.test("ReloadingFile looks again after two seconds, and at once on request", async () => {
  const { value, file, clock, types } = rereading("a");
  const first = value.current();
  file.text = "b";
  assert.equal(value.current(), first);
  await clock.advance(2000);
  assert.deepEqual(value.current(), { text: "b" });
  file.text = "c";
  assert.deepEqual(value.reread(), { text: "c" });
  assert.deepEqual(types(), ["renewed", "renewed"]);
});

Deno.test("ReloadingFile gives the same object as long as the text is the same", async () => {
  const { value, clock, types } = rereading("a");
  const first = value.current();
  await clock.advance(5000);
  assert.equal(value.current(), first);
  assert.equal(value.reread(), first);
  assert.deepEqual(types(), []);
});

const broken: [sentence: string, text: string | undefined, message: RegExp][] = [
  ["is gone", undefined, /no such file/],
  ["is empty", "", /it is empty/],
];
for (const [sentence, text, message] of broken) {
  Deno.test(`ReloadingFile keeps its value while the file ${sentence}, and says so`, () => {
    const { value, file, events, types } = rereading("a");
    const first = value.current();
    file.text = text;
    assert.equal(value.reread(), first);
    assert.match(value.failure ?? "", message);
    const [trouble] = events;
    assert.ok(trouble?.type === "trouble" && message.test(trouble.message));
    file.text = "a";
    assert.equal(value.reread(), first);
    assert.equal(value.failure, undefined);
    assert.deepEqual(types(), ["trouble", "recovered"]);
  });

  Deno.test(`ReloadingFile without a value fails while the file ${sentence}, and works later`, () => {
    const { value, file } = rereading(text);
    assert.throws(() => value.current(), message);
    file.text = "a";
    assert.deepEqual(value.reread(), { text: "a" });
  });
}

Deno.test("ReloadingFile begins with what was read before", () => {
  const initial = { text: "a", value: { text: "first" } };
  const { value, file, types } = rereading("a", initial);
  assert.equal(value.current(), initial.value);
  file.text = undefined;
  assert.equal(value.reread(), initial.value);
  assert.deepEqual(types(), ["trouble"]);
});
