import assert from "node:assert/strict";
import { fuzzOnce } from "./fuzz_run.ts";
import { targets } from "./targets.ts";

const INPUTS: Record<string, number> = { "YAML configuration": 150 };

for (const target of targets) {
  Deno.test(`${target.name} from outside never crashes, hangs or fills the memory`, () => {
    for (let seed = 1; seed <= (INPUTS[target.name] ?? 1500); seed++) {
      const failure = fuzzOnce(target, seed);
      assert.equal(failure, undefined, failure && `seed ${seed}: ${failure.error}`);
    }
  });
}
