/**
 * Shows what the program's time goes to: runs scenarios of the end-to-end bench under V8's sampling profiler and
 * writes `docs/profile.md`, with a table of self times by function for each, and `docs/profile.svg`, the flame
 * graph of the first. The core is built with the names of its functions, which leaves its code as it is.
 *
 *   --only NAME  a scenario by its whole name; may be given several times (nginx, nginx plain, steady 10 MB/s)
 *   --seconds N  how long to sample (10)
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildCore } from "../../../src/tasks/build_core.ts";
import { SCENARIOS } from "../e2e/scenarios.ts";
import { flameSvg } from "./flame_svg.ts";
import { profileReport } from "./profile_report.ts";
import { runProfiled } from "./run_profiled.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const { values } = parseArgs({
  options: {
    only: {
      type: "string",
      multiple: true,
      default: ["nginx", "nginx plain", "steady 10 MB/s"],
    },
    seconds: { type: "string", default: "10" },
  },
});
const scenarios = values.only.map((name) => {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new Error(
    `There is no scenario "${name}": ${SCENARIOS.map(({ name }) => name).join(", ")}`,
  );
});
const folder = await Deno.makeTempDir({ prefix: "sls2hec-profile-" });
try {
  // An import map puts the core with names in the place of the other.
  await Deno.writeFile(`${folder}/core.wasm`, await buildCore({ withNames: true }));
  const project = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const { nodeModulesDir, unstable, imports } = project;
  const core = new URL("../../../src/core/core.wasm", import.meta.url).href;
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({
      nodeModulesDir,
      unstable,
      imports: { ...imports, [core]: `file://${folder}/core.wasm` },
    }),
  );
  const runs = [];
  for (const scenario of scenarios) {
    runs.push(await runProfiled(scenario, folder, Number(values.seconds)));
  }
  await Deno.writeTextFile(`${ROOT}docs/profile.md`, profileReport(runs));
  await Deno.writeTextFile(`${ROOT}docs/profile.svg`, flameSvg(runs[0]!.root));
  console.log("Wrote docs/profile.md and docs/profile.svg");
} finally {
  await Deno.remove(folder, { recursive: true });
}
