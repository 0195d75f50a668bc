/**
 * Runs the whole program against hostile servers, one flood after the other, and prints its memory, its CPU time and
 * the largest head of a request; ends with 1 when one is out of its bound. Linux only: it reads /proc.
 * `--seconds N` of each (20), `--only TEXT` those whose name holds it.
 */
import { parseArgs } from "node:util";
import { outOfBounds } from "./flood_bounds.ts";
import { WIRE_FLOODS } from "./flood_kinds.ts";
import { runFlood } from "./run_flood.ts";
import { VALUE_FLOODS } from "./value_floods.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    only: { type: "string", default: "" },
    log: { type: "boolean", default: false },
  },
});

const floods = [
  ...Object.keys(WIRE_FLOODS).flatMap((name) =>
    (["sls", "hec"] as const).map((side) => ({ side, name }))
  ),
  ...Object.entries(VALUE_FLOODS).map(([name, { side }]) => ({ side, name })),
].filter(({ side, name }) => `${side} ${name}`.includes(values.only));

let failed = false;
console.log(`side  ${"flood".padEnd(44)}  peak MB  cores  head bytes  files  flooded`);
for (const { side, name } of floods) {
  const result = await runFlood(side, name, Number(values.seconds));
  const problems = outOfBounds(name, result);
  failed ||= problems.length > 0;
  console.log(
    [
      side.padEnd(3),
      name.padEnd(44),
      result.peakMb.toFixed(0).padStart(7),
      result.cores.toFixed(2).padStart(5),
      `${result.largestHead}`.padStart(10),
      `${result.mostFiles}`.padStart(5),
      `${result.flooded}`.padStart(7),
      problems.join("; "),
    ].join("  "),
  );
  if (values.log) console.log(result.log.slice(-3000));
}
Deno.exit(failed ? 1 : 0);
