import assert from "node:assert/strict";
import { addCounts, fetchedLogs, type LogCounts, NO_LOGS } from "../../src/base/log_counts.ts";

/** Each count another number. */
function counts(first: number): LogCounts {
  const entries = Object.keys(NO_LOGS).map((name, index) => [name, first + index]);
  return Object.fromEntries(entries) as LogCounts;
}

Deno.test("NO_LOGS counts nothing", () => {
  assert.deepEqual(Object.values(NO_LOGS).filter((count) => count !== 0), []);
  assert.deepEqual(addCounts(NO_LOGS, counts(1)), counts(1));
});

Deno.test("addCounts() sums every count", () => {
  const sum = addCounts(counts(1), counts(100));
  assert.deepEqual(Object.keys(sum), Object.keys(NO_LOGS));
  for (const [index, value] of Object.values(sum).entries()) assert.equal(value, 101 + 2 * index);
});

Deno.test("fetchedLogs() is what was delivered, filtered and parked", () => {
  assert.equal(fetchedLogs({ ...counts(1000), delivered: 5, parked: 2, filtered: 1 }), 8);
});
