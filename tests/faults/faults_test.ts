import assert from "node:assert/strict";
import { runKills } from "./kill_run.ts";
import { runSeveral } from "./several_run.ts";
import { runSeed, type SeedVerdict } from "./seed_run.ts";

// The short version of `deno task faults`.
const SEEDS = 20;
const KILLS = 20;

function kept(verdict: SeedVerdict): void {
  const text = JSON.stringify(verdict);
  assert.deepEqual(verdict.violations, [], text);
  assert.equal(verdict.missing, 0, text);
  assert.ok(verdict.checkpointsChecked > 0, text);
}

for (let seed = 1; seed <= SEEDS; seed++) {
  Deno.test(`App keeps its promises at every checkpoint under the faults of seed ${seed}`, async () => {
    kept(await runSeed(seed));
  });
}

Deno.test(`three processes on one group keep them through ${KILLS} kills and faults on both sides`, async () => {
  const verdict = await runKills(1, KILLS);
  kept(verdict);
  assert.ok(verdict.faults > 0);
});

for (const seed of [1, 2]) {
  Deno.test(`one process for several servers keeps them through kills and faults on all, seed ${seed}`, async () => {
    const verdict = await runSeveral(seed, 3);
    assert.deepEqual(verdict.violations, []);
    assert.equal(verdict.missing, 0);
    assert.ok(verdict.faults > 0);
  });
}
