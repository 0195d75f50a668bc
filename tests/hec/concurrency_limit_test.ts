import assert from "node:assert/strict";
import { ConcurrencyLimit } from "../../src/hec/concurrency_limit.ts";

Deno.test("ConcurrencyLimit starts at its most, or below it", () => {
  assert.equal(new ConcurrencyLimit(16).limit, 16);
  assert.equal(new ConcurrencyLimit(16, 2).limit, 2);
  assert.equal(new ConcurrencyLimit(1).limit, 1);
});

Deno.test("ConcurrencyLimit halves once for one overload that fails many requests", () => {
  const limit = new ConcurrencyLimit(16);
  for (let i = 0; i < 16; i++) limit.overloaded(1000 + i);
  assert.equal(limit.limit, 8);
  limit.overloaded(1600);
  assert.equal(limit.limit, 4);
});

Deno.test("ConcurrencyLimit never falls below one", () => {
  const limit = new ConcurrencyLimit(16);
  for (let i = 0; i < 100; i++) limit.overloaded(i * 1000);
  assert.equal(limit.limit, 1);
});

Deno.test("ConcurrencyLimit grows by one for each round of good answers, up to its most", () => {
  const limit = new ConcurrencyLimit(6, 1);
  const rounds: number[] = [];
  for (let round = 0; round < 8; round++) {
    for (let i = limit.limit; i > 0; i--) limit.succeeded(10, round * 1000);
    rounds.push(limit.limit);
  }
  assert.equal(rounds[0], 2);
  assert.ok(rounds.every((now, i) => i === 0 || now - rounds[i - 1]! <= 1), `${rounds}`);
  assert.equal(rounds.at(-1), 6);
  for (let i = 0; i < 100; i++) limit.succeeded(10, 9000);
  assert.equal(limit.limit, 6);
});

Deno.test("ConcurrencyLimit takes answers that become slow for an overload, and learns a new usual", () => {
  const limit = new ConcurrencyLimit(16);
  for (let i = 0; i < 50; i++) limit.succeeded(300, i * 1000);
  for (let i = 0; i < 5; i++) limit.succeeded(30_000, 100_000 + i * 1000);
  const slowed = limit.limit;
  assert.ok(slowed < 16 && slowed > 4, `${slowed}`);
  // A Splunk that stays slow is the new usual: the limit comes back.
  for (let i = 0; i < 2000; i++) limit.succeeded(30_000, 200_000 + i * 1000);
  assert.equal(limit.limit, 16);
});

Deno.test("ConcurrencyLimit takes quick answers for good, however their time varies", () => {
  const limit = new ConcurrencyLimit(16, 8);
  for (let i = 0; i < 500; i++) limit.succeeded(i % 50 === 0 ? 900 : 5, i * 100);
  assert.equal(limit.limit, 16);
});

Deno.test("ConcurrencyLimit comes back from one after a restart", () => {
  const limit = new ConcurrencyLimit(8);
  limit.restart();
  assert.equal(limit.limit, 1);
  for (let i = 0; i < 60; i++) limit.succeeded(5, i);
  assert.equal(limit.limit, 8);
});
