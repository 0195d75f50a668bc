import assert from "node:assert/strict";
import project from "../../deno.json" with { type: "json" };
import { runSteps, steps } from "../../src/tasks/ok_task.ts";
import { FakeClock } from "../support/fake_clock.ts";

const unit = project.tasks["test:unit"].command;

Deno.test("deno task ok runs every test once: the unit tests, and the others without them", () => {
  const all = steps(unit);
  assert.deepEqual(all.map(({ name }) => name), ["fmt", "lint", "check", "unit", "rest"]);
  const [unitArgs, restArgs] = [all[3]!.args, all[4]!.args];
  assert.equal(["deno", ...unitArgs].join(" "), unit);
  const folders = unitArgs.filter((arg) => arg.startsWith("tests/"));
  for (const folder of folders) Deno.statSync(new URL(`../../${folder}`, import.meta.url));
  assert.ok(restArgs.includes(`--ignore=tests/interop,${folders.join(",")}`));
  const test = project.tasks.test.command.split(" ").filter((arg) => !arg.startsWith("--ignore"));
  assert.deepEqual(
    ["deno", ...restArgs].filter((arg) => !arg.startsWith("--ignore")),
    test,
    "as deno task test",
  );
});

const runs: [sentence: string, codes: number[], code: number, printed: string][] = [
  ["says what each step has taken", [0, 0], 0, "ok after 3.0 s: fmt 1.0 s, lint 2.0 s"],
  ["ends at the first step that fails", [1, 0], 1, "FAILED after 1.0 s: fmt 1.0 s (failed)"],
  ["ends with the failure's code", [0, 5], 5, "FAILED after 3.0 s: fmt 1.0 s, lint 2.0 s (failed)"],
];
for (const [sentence, codes, expected, printed] of runs) {
  Deno.test(`deno task ok ${sentence}`, async () => {
    const clock = new FakeClock();
    const lines: string[] = [];
    let step = 0;
    const code = await runSteps(
      [{ name: "fmt", args: ["fmt"] }, { name: "lint", args: ["lint"] }],
      clock,
      ([arg]) => {
        clock.leap(arg === "fmt" ? 1000 : 2000);
        return Promise.resolve(codes[step++]!);
      },
      (line) => lines.push(line),
    );
    assert.deepEqual([code, lines], [expected, [printed]]);
  });
}
