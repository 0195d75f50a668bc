import assert from "node:assert/strict";
import { Core } from "../../src/core/core.ts";
import type { ShortMapping } from "./short_mapping.ts";
import { writePage } from "./page_writer.ts";
import { PLAIN_MAPPING, reference, transcode, transcodeWith } from "./transcode_page.ts";

const MIB = 1024 * 1024;
const TEXT_MAPPING: ShortMapping = { ...PLAIN_MAPPING, eventFormat: "text" };
const EXPAND_MAPPING: ShortMapping = { ...PLAIN_MAPPING, expandJson: { "": ["k", "j"] } };

const values: [sentence: string, value: Uint8Array][] = [
  ["control characters", new Uint8Array(MIB).fill(0x01)],
  ["quotes", new Uint8Array(MIB).fill(0x22)],
  ["bytes that are not UTF-8", new Uint8Array(MIB).fill(0xff)],
  ["plain text", new Uint8Array(MIB).fill(0x61)],
  ["JSON", new TextEncoder().encode(`[${"1,".repeat(MIB / 2)}1]`)],
];
const mappings: [name: string, mapping: ShortMapping][] = [
  ["as object", PLAIN_MAPPING],
  ["as text", TEXT_MAPPING],
  ["where it is expanded", EXPAND_MAPPING],
];
for (const [sentence, value] of values) {
  for (const [name, mapping] of mappings) {
    Deno.test(`Core writes a value of 1 MiB of ${sentence} ${name}`, () => {
      const logs = [{ contents: [["k", value], ["j", "{}"]] as [string, Uint8Array | string][] }];
      const page = writePage([{ logs: [...logs, ...logs] }]);
      const { events } = transcode(page, mapping);
      assert.ok(events.length === 2 && events[0] === events[1]);
      assert.ok(events[0] === reference(page, mapping).events[0], "not what the reference writes");
    });
  }
}

const plain = new Uint8Array(8 * MIB).fill(0x61);
const shapes: [sentence: string, page: Uint8Array][] = [
  ["one long value", writePage([{ logs: [{ contents: [["k", plain]] }] }])],
  ["one long key", writePage([{ logs: [{ contents: [[plain, "v"]] }] }])],
  ["a long topic", writePage([{ topic: plain, logs: [{}] }])],
  ["a long tag", writePage([{ tags: [["x", plain]], logs: [{}] }])],
  [
    "many values",
    writePage([{
      logs: [{
        contents: Array.from({ length: 256 }, (_, i) => [`${i}`, plain.subarray(0, MIB / 32)]),
      }],
    }]),
  ],
];
for (const [sentence, page] of shapes) {
  for (const [name, mapping] of mappings) {
    Deno.test(`Core writes an event of 8 MiB with ${sentence}, ${name}, and usual pages after it`, () => {
      const core = new Core();
      const small = writePage([{ logs: [{ contents: [["a", "b"]] }] }]);
      for (const bytes of [small, page, small]) {
        assert.ok(
          transcodeWith(core, bytes, mapping).events[0] === reference(bytes, mapping).events[0],
          "not what the reference writes",
        );
      }
    });
  }
}
