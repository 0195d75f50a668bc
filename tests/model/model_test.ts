import assert from "node:assert/strict";
import { runSchedule } from "./run_schedule.ts";

const SEEDS = 300;

Deno.test(`The engine keeps its promises over ${SEEDS} schedules of joins, deaths, stalls, splits and merges`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { broken } = await runSchedule(seed);
    assert.deepEqual(broken, [], `deno task model --seeds 1 --seed ${seed}`);
  }
});

Deno.test("runSchedule() gives the same result for the same seed", async () => {
  assert.deepEqual(await runSchedule(42), await runSchedule(42));
});
