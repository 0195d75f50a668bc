/**
 * `deno task faults [--seeds N] [--kills N] [--several N] [--seed S]`: seeded fault plans on both sides, then real
 * processes that are killed at random, of one endpoint and of several. Prints a ledger; a seed that fails is named and
 * fails again by `--seed`.
 */
import { parseArgs } from "node:util";
import { runKills } from "./kill_run.ts";
import { runSeveral } from "./several_run.ts";
import { runSeed, type SeedVerdict } from "./seed_run.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "50" },
    kills: { type: "string", default: "50" },
    several: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
  },
});
const firstSeed = Number(values.seed);
const failed: string[] = [];
const total = {
  runs: 0,
  written: 0,
  delivered: 0,
  parked: 0,
  duplicates: 0,
  missing: 0,
  faults: 0,
  kills: 0,
  checkpoints: 0,
};

function add(name: string, verdict: SeedVerdict): void {
  total.runs++;
  total.written += verdict.written;
  total.delivered += verdict.delivered;
  total.parked += verdict.parked;
  total.duplicates += verdict.duplicates;
  total.missing += verdict.missing;
  total.faults += verdict.faults;
  total.checkpoints += verdict.checkpointsChecked;
  if (verdict.violations.length > 0 || verdict.missing > 0) {
    failed.push(name);
    console.log(`FAILED ${name}: ${verdict.violations[0] ?? `${verdict.missing} missing`}`);
  }
}

for (let seed = firstSeed; seed < firstSeed + Number(values.seeds); seed++) {
  try {
    const verdict = await runSeed(seed);
    add(`--seeds 1 --kills 0 --several 0 --seed ${seed}`, verdict);
    console.log(
      `seed ${seed}: ${verdict.faults} faults, ${verdict.written} logs, ` +
        `${verdict.duplicates} duplicates, ${verdict.parked} parked, ` +
        `${verdict.checkpointsChecked} checkpoints checked`,
    );
  } catch (error) {
    failed.push(`--seeds 1 --kills 0 --several 0 --seed ${seed}`);
    console.log(`FAILED seed ${seed}: ${error instanceof Error ? error.stack : error}`);
  }
}
const kills = Number(values.kills);
if (kills > 0) {
  const verdict = await runKills(firstSeed, kills, (done, faults) => {
    if (done % 10 === 0) console.log(`${done} of ${kills} kills, ${faults} faults`);
  });
  add(`--seeds 0 --kills ${kills} --several 0 --seed ${firstSeed}`, verdict);
  total.kills += verdict.kills + verdict.terms;
}
const KILLS_OF_SEVERAL = 8;
for (let seed = firstSeed; seed < firstSeed + Number(values.several); seed++) {
  const flags = `--seeds 0 --kills 0 --several 1 --seed ${seed}`;
  const verdict = await runSeveral(seed, KILLS_OF_SEVERAL);
  console.log(`several servers, seed ${seed}: ${JSON.stringify(verdict)}`);
  for (const name of ["written", "parked", "missing", "faults"] as const) {
    total[name] += verdict[name];
  }
  total.runs++;
  total.kills += verdict.kills + verdict.terms;
  if (verdict.violations.length > 0 || verdict.missing > 0) failed.push(flags);
}
console.log("Ledger");
for (const [name, value] of Object.entries(total)) {
  console.log(`  ${name.padEnd(12)}${value.toLocaleString("en").padStart(12)}`);
}
if (failed.length > 0) {
  console.log("Failed; each fails again by");
  for (const flags of failed) console.log(`  deno task faults ${flags}`);
  Deno.exit(1);
}
