import assert from "node:assert/strict";
import { exampleFile, optionsPage, schemaFile } from "../../src/tasks/docs_task.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

for (
  const [name, made] of [
    ["options.md", optionsPage],
    ["sls2hec.example.yaml", exampleFile],
    ["config.schema.json", schemaFile],
  ] as const
) {
  Deno.test(`docs/${name} is as the declaration makes it`, () => {
    assert.equal(made(), read(`docs/${name}`), "run `deno task docs`");
  });
}

Deno.test("docs/sls2hec.example.yaml leads editors to the schema beside it", () => {
  const [, path] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(exampleFile()) ?? [];
  assert.equal(new URL(path!, new URL("docs/", root)).href, `${root}docs/config.schema.json`);
});
