import assert from "node:assert/strict";
import fc from "fast-check";
import { writeDecimal, writeEventTime } from "../../src/transcode/time_text.ts";

function textOf(write: (target: Uint8Array, to: number) => number): string {
  const target = new Uint8Array(64).fill(0x7e);
  const end = write(target, 3);
  assert.ok(target.subarray(0, 3).every((byte) => byte === 0x7e));
  assert.ok(target.subarray(end).every((byte) => byte === 0x7e), "bytes behind were touched");
  return new TextDecoder().decode(target.subarray(3, end));
}

Deno.test("writeDecimal writes every number of digits and both sides of each border", () => {
  for (let power = 1; power <= 1e15; power *= 10) {
    for (const value of [power - 1, power, power + 1]) {
      assert.equal(textOf((target, to) => writeDecimal(value, target, to)), `${value}`);
    }
  }
  const { MAX_SAFE_INTEGER } = Number;
  assert.equal(
    textOf((target, to) => writeDecimal(MAX_SAFE_INTEGER, target, to)),
    "9007199254740991",
  );
});

Deno.test("writeDecimal writes any whole number", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    assert.equal(textOf((target, to) => writeDecimal(value, target, to)), `${value}`);
  }));
});

Deno.test("writeEventTime writes nanoseconds with all nine digits, and leaves out what are none", () => {
  const ns = fc.oneof(fc.integer({ min: -1, max: 2 ** 32 - 1 }), fc.nat(999_999_999), fc.nat(999));
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), ns, (seconds, timeNs) => {
    const fraction = timeNs < 0 || timeNs > 999_999_999 ? "" : `.${`${timeNs}`.padStart(9, "0")}`;
    assert.equal(
      textOf((target, to) => writeEventTime(seconds, timeNs, target, to)),
      `{"time":${seconds}${fraction}`,
    );
  }));
});
