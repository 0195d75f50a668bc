/** `deno task ok`: everything that must pass before a commit, with the time that each step takes. */
import project from "../../deno.json" with { type: "json" };
import { type Clock, systemClock } from "../base/clock.ts";
import { printLine } from "../cli/print.ts";

/** One step: its name and the arguments of Deno. */
export interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * The steps, the quickest first; the unit tests are those of `deno task test:unit`.
 * @param unit Command of that task.
 */
export function steps(unit: string): Step[] {
  const unitArgs = unit.split(" ").slice(1);
  const folders = unitArgs.filter((arg) => arg.startsWith("tests/"));
  const flags = unitArgs.filter((arg) => arg.startsWith("--") && arg !== "--parallel");
  const ignored = ["tests/interop", ...folders];
  return [
    { name: "fmt", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "check", args: ["check", "--frozen", "main.ts", "src", "tests"] },
    { name: "unit", args: unitArgs },
    { name: "rest", args: ["test", ...flags, `--ignore=${ignored.join(",")}`, "tests"] },
  ];
}

/**
 * Runs the steps one after the other, up to the first that fails, and prints what each has taken.
 * @param run Runs Deno with arguments and returns its exit code.
 * @returns the exit code of the step that failed; 0 when none did.
 */
export async function runSteps(
  steps: readonly Step[],
  clock: Clock,
  run: (args: readonly string[]) => Promise<number>,
  print: (line: string) => void,
): Promise<number> {
  const times: string[] = [];
  const startMs = clock.monotonicMs();
  let code = 0;
  for (const { name, args } of steps) {
    const beginMs = clock.monotonicMs();
    code = await run(args);
    times.push(`${name} ${secondsSince(beginMs, clock)}${code === 0 ? "" : " (failed)"}`);
    if (code !== 0) break;
  }
  print(
    `${code === 0 ? "ok" : "FAILED"} after ${secondsSince(startMs, clock)}: ${times.join(", ")}`,
  );
  return code;
}

function secondsSince(beginMs: number, clock: Clock): string {
  return `${((clock.monotonicMs() - beginMs) / 1000).toFixed(1)} s`;
}

if (import.meta.main) {
  const run = async (args: readonly string[]) => {
    const { code } = await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status;
    return code;
  };
  Deno.exit(await runSteps(steps(project.tasks["test:unit"].command), systemClock, run, printLine));
}
