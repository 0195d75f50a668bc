import assert from "node:assert/strict";
import { HourlyFallbacks } from "../../src/observe/hourly_fallbacks.ts";

const HOUR_MS = 3_600_000;

Deno.test("HourlyFallbacks reports each source and cause at once, then once an hour with all since", () => {
  const fallbacks = new HourlyFallbacks();
  const add = (source: string, cause: "refused" | "impossible", events: number, nowMs: number) => {
    const type = "index_fallback";
    return fallbacks.add({ type, source, cause, events, fallbackIndex: "f" }, nowMs)?.events;
  };
  assert.equal(add("a", "refused", 3, 0), 3);
  assert.equal(add("a", "refused", 4, 1000), undefined);
  assert.equal(add("a", "impossible", 5, 1000), 5);
  assert.equal(add("b", "refused", 6, 1000), 6);
  assert.equal(add("a", "refused", 7, HOUR_MS - 1), undefined);
  assert.equal(add("a", "refused", 1, HOUR_MS), 12);
  assert.equal(add("a", "refused", 1, HOUR_MS + 1), undefined);
});
