/**
 * Measures the whole program end to end: raw megabytes delivered per CPU-second of the program alone, and the
 * ratio to a fixed kernel in the same run.
 *
 *   --only TEXT        scenarios whose name has the text; may be given several times
 *   --windows N        windows a scenario (11)
 *   --window-ms N      length of one (1500)
 *   --executable FILE  the executable in place of the sources
 *   --json FILE        writes the figures there
 */
import { parseArgs } from "node:util";
import { compareWithBaseline } from "./baseline.ts";
import { Kernel } from "./kernel.ts";
import { measureLatency } from "./latency.ts";
import { measure, type Measured } from "./measure.ts";
import { SCENARIOS } from "./scenarios.ts";
import { headLine, lineOf } from "./report.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    only: { type: "string", multiple: true, default: [] },
    windows: { type: "string", default: "11" },
    "window-ms": { type: "string", default: "1500" },
    executable: { type: "string" },
    json: { type: "string" },
  },
});
const chosen = SCENARIOS.filter(({ name }) =>
  values.only.length === 0 || values.only.some((text) => name.includes(text))
);
const kernel = new Kernel();
const results: Measured[] = [];
console.log(headLine);
for (const scenario of chosen) {
  const measured = await measure(scenario, kernel, {
    windows: Number(values.windows),
    windowMs: Number(values["window-ms"]),
    executable: values.executable,
  });
  results.push(measured);
  console.log(lineOf(measured, scenario.goal));
}
const latency = chosen.length < SCENARIOS.length
  ? undefined
  : await measureLatency(20, values.executable);
if (latency) {
  const { logs, p50Sec, p99Sec } = latency;
  console.log(
    `log to HEC, caught up: p50 ${p50Sec.toFixed(2)} s, p99 ${p99Sec.toFixed(2)} s (${logs} logs)`,
  );
}
if (values.json !== undefined) {
  await Deno.writeTextFile(
    values.json,
    `${JSON.stringify({ scenarios: results, latency }, undefined, 2)}\n`,
  );
}
for (const line of compareWithBaseline(results)) console.log(line);
