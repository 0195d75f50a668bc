import assert from "node:assert/strict";
import fc from "fast-check";
import { indexOf, withIndex } from "../../src/hec/envelope_index.ts";
import { writePage } from "../core/page_writer.ts";
import { transcode } from "../core/transcode_page.ts";

const utf8 = new TextEncoder();

const envelopes: [sentence: string, event: string, index: string | undefined][] = [
  ["an index behind other members", '{"time":1,"host":"h","index":"main","event":{}}', "main"],
  ["an empty index", '{"time":1,"index":"","event":{}}', ""],
  ["an index with escapes", '{"time":1,"index":"a\\"b\\\\\\u00e5","event":{}}', 'a"b\\å'],
  ["no index", '{"time":1,"host":"h","event":{}}', undefined],
  ["an index inside the event", '{"time":1,"event":{"a":1,"index":"no"}}', undefined],
  [
    "an index inside a text event",
    '{"time":1,"event":"{\\"a\\":1,\\"index\\":\\"no\\"}"}',
    undefined,
  ],
  [
    "an index inside another value",
    '{"time":1,"host":",\\"index\\":\\"no\\"","event":{}}',
    undefined,
  ],
  [
    "an index behind such a value",
    '{"time":1,"host":",\\"index\\":\\"no","index":"x","event":1}',
    "x",
  ],
  ["an event inside another value", '{"time":1,"host":",\\"event\\":","index":"x","event":1}', "x"],
  [
    "indexed fields behind the index",
    '{"time":1,"index":"i","fields":{"sls_id":"a"},"event":1}',
    "i",
  ],
  ["a value that ends in a backslash", '{"time":1,"host":"\\\\","index":"x","event":1}', "x"],
  ["nothing", "", undefined],
  ["half a string", '{"time":1,"host":"h', undefined],
];
Deno.test("indexOf takes a field with the name index for no index", () => {
  const event = '{"time":1,"fields":{"sls_id":"p/1#0","index":"no"},"event":{}}';
  assert.equal(indexOf(utf8.encode(event)), undefined);
});

for (const [sentence, event, index] of envelopes) {
  Deno.test(`indexOf finds ${JSON.stringify(index)} in an envelope with ${sentence}`, () => {
    assert.equal(indexOf(utf8.encode(event)), index);
  });
}

Deno.test("withIndex changes the index of what the transcoder writes, and nothing else", () => {
  const text = fc.option(fc.string({ unit: "binary", maxLength: 12 }), { nil: undefined });
  const named = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
  const index = fc.oneof(named, fc.constant("main"));
  fc.assert(
    fc.property(text, text, text, fc.option(index, { nil: undefined }), index, fc.boolean(), (
      host,
      source,
      id,
      own,
      other,
      asText,
    ) => {
      const page = writePage([{ logs: [{ contents: [["index", "no"], ['"', ',"index":"no"']] }] }]);
      const [written] = transcode(page, {
        host,
        source,
        index: own,
        eventIdPrefix: id,
        eventFormat: asText ? "text" : "object",
        expandJson: {},
      }).events;
      const event = new TextEncoder().encode(written);
      assert.equal(indexOf(event), own?.toWellFormed());
      const changed = withIndex(event, other);
      const expected = JSON.parse(new TextDecoder().decode(event));
      if (own !== undefined) expected.index = other.toWellFormed();
      assert.deepEqual(JSON.parse(new TextDecoder().decode(changed)), expected);
      if (own === undefined) assert.equal(changed, event);
    }),
    { numRuns: 500 },
  );
});
