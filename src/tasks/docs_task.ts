/** `deno task docs`: writes the parts of the documentation that come from the declaration of the options. */
import { exampleYaml } from "../config/example_yaml.ts";
import { optionsTable } from "../config/options_table.ts";
import { PROJECT_ROOT } from "../cli/project_root.ts";

// The formatter leaves what stands between them alone: the table is as the declaration makes it.
const START = "<!-- options: made by `deno task docs` -->\n<!-- deno-fmt-ignore-start -->";
const END = "<!-- deno-fmt-ignore-end -->\n<!-- options: end -->";

/** The README with the table of the options between its marks. @throws when a mark is missing. */
export function withOptionsTable(readme: string): string {
  const [before, rest] = readme.split(START);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`Cannot write the options table: README.md lacks "${START}" or "${END}"`);
  }
  return `${before}${START}\n\n${optionsTable().trim()}\n\n${END}${after}`;
}

/** Text of `docs/sls2hec.example.yaml`. */
export function exampleFile(): string {
  return `${exampleYaml().trimEnd()}\n`;
}

if (import.meta.main) {
  const readme = `${PROJECT_ROOT}README.md`;
  Deno.writeTextFileSync(readme, withOptionsTable(Deno.readTextFileSync(readme)));
  Deno.writeTextFileSync(`${PROJECT_ROOT}docs/sls2hec.example.yaml`, exampleFile());
}
