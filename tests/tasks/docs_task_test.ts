import assert from "node:assert/strict";
import { exampleFile, withOptionsTable } from "../../src/tasks/docs_task.ts";

const root = new URL("../../", import.meta.url);

Deno.test("README.md has the options table of the declaration", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", root));
  assert.equal(withOptionsTable(readme), readme, "run `deno task docs`");
});

Deno.test("docs/sls2hec.example.yaml is the example of the declaration", () => {
  const example = Deno.readTextFileSync(new URL("docs/sls2hec.example.yaml", root));
  assert.equal(exampleFile(), example, "run `deno task docs`");
});

Deno.test("README.md names every task and every command line option of the demo", () => {
  const readme = Deno.readTextFileSync(new URL("README.md", root));
  const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", root)));
  for (const name of Object.keys(tasks)) assert.ok(readme.includes(`task ${name}`), `task ${name}`);
  for (const option of ["--seconds", "--logs", "--json", "--serve", "--sls-port", "--hec-port"]) {
    assert.ok(readme.includes(option), option);
  }
});
