import type { Measured } from "./measure.ts";

const BASELINE = new URL("baseline.json", import.meta.url);
/** Windows of one run spread by about a quarter; their median by less. */
const NOTABLE = 0.15;

/** Lines that compare the ratios to the kernel with those of the committed run. */
export function compareWithBaseline(results: readonly Measured[]): string[] {
  const baseline = JSON.parse(Deno.readTextFileSync(BASELINE)) as { scenarios: Measured[] };
  return results.flatMap(({ name, ratioToKernel }) => {
    const before = baseline.scenarios.find((measured) => measured.name === name)?.ratioToKernel;
    if (before === undefined) return [`${name}: not in the baseline`];
    const change = ratioToKernel / before - 1;
    if (Math.abs(change) < NOTABLE) return [];
    const percent = `${change > 0 ? "+" : ""}${(change * 100).toFixed(0)} %`;
    return [
      `${name}: ratio ${ratioToKernel.toFixed(2)}, in the baseline ${
        before.toFixed(2)
      } (${percent})`,
    ];
  });
}
