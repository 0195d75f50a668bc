/** `deno task fuzz [--seconds N] [--seed S]`: every reader of bytes from outside, on mutated inputs. */
import { parseArgs } from "node:util";
import { fuzzOnce } from "./fuzz_run.ts";
import { targets } from "./targets.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string", default: "1" } },
});
const shareMs = Number(values.seconds) * 1000 / targets.length;
let failed = false;
for (const target of targets) {
  const endMs = performance.now() + shareMs;
  let seed = Number(values.seed);
  let failure: ReturnType<typeof fuzzOnce>;
  while (performance.now() < endMs && !failure) failure = fuzzOnce(target, seed++);
  const inputs = seed - Number(values.seed);
  console.log(`${target.name.padEnd(20)}${inputs.toLocaleString("en").padStart(12)} inputs`);
  if (!failure) continue;
  failed = true;
  console.log(
    `FAILED ${target.name}, again by --seed ${failure.seed}; input ${failure.inputBase64}`,
  );
  console.log(failure.error);
}
if (failed) Deno.exit(1);
