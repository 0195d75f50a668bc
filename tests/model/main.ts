/**
 * `deno task model [--seeds N] [--seed S]`: members of one group join, leave, stall, die and come back while
 * its shards split and merge, against a model of the server. A seed that fails is named and fails again.
 */
import { parseArgs } from "node:util";
import { runSchedule } from "./run_schedule.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "3000" }, seed: { type: "string", default: "1" } },
});
const first = Number(values.seed);
const count = Number(values.seeds);
const total = { seeds: 0, deliveries: 0, duplicates: 0, checkpoints: 0 };
const actions: Record<string, number> = {};
const failed: number[] = [];
for (let seed = first; seed < first + count; seed++) {
  const verdict = await runSchedule(seed);
  total.seeds++;
  total.deliveries += verdict.deliveries;
  total.duplicates += verdict.duplicates;
  total.checkpoints += verdict.checkpoints;
  for (const [action, times] of Object.entries(verdict.actions)) {
    actions[action] = (actions[action] ?? 0) + times;
  }
  if (verdict.broken.length > 0) {
    failed.push(seed);
    console.log(`FAILED seed ${seed}: ${verdict.broken.slice(0, 3).join("; ")}`);
  }
  if (total.seeds % 500 === 0) console.log(`${total.seeds} of ${count} schedules`);
}
for (const [name, value] of Object.entries({ ...total, ...actions })) {
  console.log(`  ${name.padEnd(14)}${value.toLocaleString("en").padStart(12)}`);
}
if (failed.length > 0) {
  console.log("Failed; each fails again by");
  for (const seed of failed) console.log(`  deno task model --seeds 1 --seed ${seed}`);
  Deno.exit(1);
}
