import assert from "node:assert/strict";
import { shareOf, sourceShareOf } from "../../src/app/worker_share.ts";
import { workerCount } from "../../src/config/worker_count.ts";
import { loaded, smallest } from "../config/test_sources.ts";

const config = (more: string) => loaded({ text: `${smallest}\n${more}` });

Deno.test("shareOf() divides the memory budget and the requests so that the sum is the whole at most", () => {
  for (const workers of [1, 2, 3, 5]) {
    const whole = config("memory_budget: 100MB");
    const shares = Array.from({ length: workers }, (_, index) => ({
      bytes: shareOf(whole, workers).memoryBudgetBytes,
      requests: sourceShareOf(whole.sources[0], { index, workers }).hec.maxConcurrentRequests,
    }));
    const bytes = shares.reduce((total, share) => total + share.bytes, 0);
    assert.ok(bytes <= 100_000_000 && bytes > 100_000_000 - workers);
    assert.equal(shares.reduce((total, { requests }) => total + requests, 0), 24);
    assert.ok(shares.every(({ requests }) => requests >= 1));
  }
});

const counts: [sentence: string, options: string, cores: number, expected: number][] = [
  ["none on one core", "", 1, 0],
  ["one a core", "", 2, 2],
  ["no more than leave two requests each", "memory_budget: 1GB", 64, 12],
  ["no more than the memory allows", "memory_budget: 32MB", 64, 3],
  ["as many as are asked for", "workers: 3", 1, 3],
  ["one beside the main one, when asked for", "workers: 1", 8, 1],
  ["none when none is asked for", "workers: 0", 8, 0],
];
for (const [sentence, options, cores, expected] of counts) {
  Deno.test(`workerCount() is ${sentence}`, () => {
    assert.equal(workerCount(config(options), cores), expected);
  });
}

Deno.test("workerCount() is none when the memory allows one alone", () => {
  const text = smallest.replace("hidden-2", "hidden-2, max_event_bytes: 12MB");
  assert.equal(workerCount(loaded({ text }), 64), 0);
});
