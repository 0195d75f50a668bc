import assert from "node:assert/strict";
import fc from "fast-check";
import { checkLogGroup } from "../../../src/emulator/core/sls/check_log_group.ts";
import { decodeLogGroup, decodeLogGroupList } from "../../../src/emulator/sls/decode_log_group.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { framedBytes, frameMessages } from "../../../src/emulator/core/sls/frame_messages.ts";
import { WireError } from "../../../src/emulator/core/sls/wire_reader.ts";
import { fromHex, workedBody, workedGroup, workedLogs } from "./worked_body.ts";

Deno.test("encodeLogGroup() writes the worked body, byte for byte", () => {
  assert.deepEqual(encodeLogGroup(workedLogs), workedGroup);
  assert.deepEqual(frameMessages([encodeLogGroup(workedLogs)]), workedBody);
});

Deno.test("decodeLogGroupList() reads the worked body", () => {
  assert.deepEqual(decodeLogGroupList(workedBody), [workedLogs]);
});

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom("é".repeat(100), "x".repeat(127), "x".repeat(128), "错".repeat(43)),
);
const pair = fc.tuple(text, text);
const record: typeof fc.record = (model) => fc.record(model, { noNullPrototype: true });
const group = record({
  topic: text,
  source: text,
  tags: fc.array(pair, { maxLength: 3 }),
  logs: fc.array(
    fc.oneof(
      record({ timeSec: fc.nat(0xffffffff), contents: fc.array(pair, { maxLength: 8 }) }),
      record({
        timeSec: fc.nat(0xffffffff),
        timeNs: fc.nat(999_999_999),
        contents: fc.array(pair, { maxLength: 8 }),
      }),
    ),
    { maxLength: 5 },
  ),
});

Deno.test("decodeLogGroup() reverses encodeLogGroup()", () => {
  fc.assert(fc.property(group, (group) => {
    const bytes = encodeLogGroup(group);
    assert.equal(checkLogGroup(bytes), group.logs.length);
    assert.deepEqual(decodeLogGroup(bytes), group);
  }));
});

Deno.test("encodeLogGroup() writes values of any bytes unchanged", () => {
  const value = Uint8Array.of(0xff, 0xfe, 0x61, 0xe9);
  const bytes = encodeLogGroup({ logs: [{ timeSec: 1, contents: [["k", value]] }] });
  assert.deepEqual(bytes, fromHex("0a0d 0801 1209 0a016b 1204fffe61e9"));
  assert.deepEqual(decodeLogGroup(bytes).logs[0]?.contents, [["k", "\ufffd\ufffda\ufffd"]]);
});

Deno.test("checkLogGroup() allows unknown fields of all four types and any order", () => {
  assert.equal(
    checkLogGroup(fromHex("1a0174 f80601 f90601020304050607 08 fa060161 fd0601020304 0a020801")),
    1,
  );
});

for (
  const { name, hex } of [
    { name: "a log without Time", hex: "0a00" },
    { name: "a content without Value", hex: "0a07 0801 1203 0a0161" },
    { name: "a tag without Key", hex: "3203 120161" },
    { name: "a Topic that is a number", hex: "1801" },
    { name: "a Time that is text", hex: "0a03 0a0161" },
    { name: "a Time_ns that is a varint", hex: "0a04 0801 2001" },
    { name: "a field past the end of the message", hex: "1a05 61" },
    { name: "a log past the end of its group", hex: "0a10 0801" },
    { name: "a number that does not end", hex: "ffffffffffffffffffffff" },
    { name: "field number 0", hex: "0201 61" },
    { name: "a group, which proto3 dropped", hex: "0b" },
    { name: "plain text", hex: "68656c6c6f" },
  ]
) {
  Deno.test(`checkLogGroup() refuses ${name}`, () => {
    assert.throws(() => checkLogGroup(fromHex(hex)), WireError);
  });
}

Deno.test("framedBytes() gives the size of what frameMessages() makes", () => {
  for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_152]) {
    assert.equal(frameMessages([new Uint8Array(length)]).length, framedBytes(length));
  }
});
