import assert from "node:assert/strict";
import { outOfBounds } from "./flood_bounds.ts";
import { runFlood } from "./run_flood.ts";

const SECONDS = 2;

/** Of each kind one; `deno task floods` has all, for longer. */
const floods: [side: "sls" | "hec", name: string][] = [
  ["sls", "100 Continue"],
  ["hec", "100 Continue"],
  ["hec", "a chunk extension without end"],
  ["sls", "chunks of one byte"],
  ["sls", "header lines without end"],
  ["sls", "1,000,000 shards"],
  ["sls", "a heartbeat with 4,096 shards"],
  ["hec", "cookies that grow"],
];
for (const [side, name] of floods) {
  Deno.test({
    name: `the program stays small under a flood from ${side}: ${name}`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const result = await runFlood(side, name, SECONDS);
      // So short, and beside other tests, the CPU says nothing.
      assert.deepEqual(outOfBounds(name, { ...result, cores: 0 }), [], result.log);
      assert.ok(result.flooded > 0);
    },
  });
}
