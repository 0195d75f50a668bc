import assert from "node:assert/strict";
import { timeMicros } from "../../../src/emulator/hec/event_time.ts";

for (
  const { text, micros } of [
    { text: "0", micros: 0 },
    { text: "1700000000", micros: 1_700_000_000_000_000 },
    { text: "1700000000.5", micros: 1_700_000_000_500_000 },
    { text: "1700000000.", micros: 1_700_000_000_000_000 },
    { text: "1700000000.123456", micros: 1_700_000_000_123_456 },
    { text: "1700000000.123456999", micros: 1_700_000_000_123_456 },
    { text: " 1700000000.000001 ", micros: 1_700_000_000_000_001 },
    { text: "1700000000123", micros: 1_700_000_000_123_000 },
    { text: "1700000000123456789", micros: 1_700_000_000_123_456 },
    { text: "1.7e9", micros: 1_700_000_000_000_000 },
    { text: "17000000001", micros: 17_000_000_001_000_000 },
  ]
) {
  Deno.test(`timeMicros reads ${JSON.stringify(text)} as ${micros}`, () => {
    assert.equal(timeMicros(text), micros);
  });
}

for (const text of ["yesterday", "", " "]) {
  Deno.test(`timeMicros gives NaN for ${JSON.stringify(text)}`, () => {
    assert.ok(Number.isNaN(timeMicros(text)));
  });
}
