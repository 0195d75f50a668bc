import assert from "node:assert/strict";
import { retryAfterMs } from "../../src/hec/retry_after.ts";

const NOW_MS = Date.UTC(2026, 9, 6, 8, 30, 0);

const waits: [header: string | null, ms: number | undefined][] = [
  [null, undefined],
  ["0", 0],
  [" 7 ", 7000],
  ["300", 300_000],
  ["301", 300_000],
  ["86400", 300_000],
  ["99999999999999999999", 300_000],
  ["9".repeat(400), 300_000],
  ["Tue, 06 Oct 2026 08:30:20 GMT", 20_000],
  ["Tue, 06 Oct 2026 08:29:20 GMT", 0],
  ["Tue, 06 Oct 2026 08:35:00 GMT", 300_000],
  ["Wed, 07 Oct 2026 08:30:00 GMT", 300_000],
  ["Fri, 31 Dec 9999 23:59:59 GMT", 300_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["Xxx, 99 Yyy 2026 08:30:20 GMT", undefined],
  ["-5", undefined],
  ["-86400", undefined],
  ["1e9", undefined],
  ["Infinity", undefined],
  ["1.5", undefined],
  ["5s", undefined],
  ["soon", undefined],
  ["in 2099", undefined],
  ["2099-01-01", undefined],
  ["", undefined],
];
for (const [header, ms] of waits) {
  Deno.test(`retryAfterMs() of ${JSON.stringify(header?.slice(0, 40))} is ${ms}`, () => {
    assert.equal(retryAfterMs(header, NOW_MS), ms);
  });
}
