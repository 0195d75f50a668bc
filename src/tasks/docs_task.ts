/** `deno task docs`: writes the parts of the documentation that come from the declaration of the options. */
import { exampleYaml, jsonSchema, optionsTable } from "../config/render.ts";
import {
  type DeclaredGroup,
  declaredGroups,
  type DeclaredOption,
  declaredOptions,
  isGroup,
} from "../config/schema/walk.ts";
import { PROJECT_ROOT } from "../cli/program.ts";

const INTRODUCTION = `# Options

<!-- Written by \`deno task docs\` from the declaration in \`src/config\`. -->

Every option of the configuration file. [sls2hec.example.yaml](sls2hec.example.yaml) is a complete
file, with the default of each option; \`sls2hec example\` prints it. \`sls2hec run --help\` prints this
list.

- **Variable**: used where the file does not set the option.
- **Durations**: \`500ms\`, \`20s\`, \`5m\`, \`1h\`, \`1d\`. **Sizes**: \`500KB\`, \`1MB\`, \`1GB\` count in
  thousands; \`KiB\`, \`MiB\` and \`GiB\` in 1,024s.
- **References**: \`\${env:NAME}\` and \`\${file:PATH}\`, anywhere in a value, are replaced by the text of
  a variable or of a file.
- **Editors**: [config.schema.json](config.schema.json) is the JSON Schema. An editor with YAML
  support checks and completes a file that begins with
  \`# yaml-language-server: $schema=PATH/TO/config.schema.json\`.
`;

/** A section of the page: its heading, what the group is for, and its options. */
interface Section {
  readonly title: string;
  readonly help: string;
  readonly options: readonly DeclaredOption[];
}

/** Text of `docs/options.md`: one table for each group of the file. */
export function optionsPage(): string {
  const sections = sectionsOf(declaredGroups());
  const contents = sections.map(({ title }) => `- [${title}](#${title.replaceAll(" ", "-")})`);
  const body = sections.map(({ title, help, options }) =>
    [`## ${title}`, ...(help ? [help] : []), optionsTable(options).trim()].join("\n\n")
  );
  return `${[INTRODUCTION.trim(), contents.join("\n"), ...body].join("\n\n")}\n`;
}

/** Text of `docs/sls2hec.example.yaml`; its first line leads editors to the schema beside it. */
export function exampleFile(): string {
  return `# yaml-language-server: $schema=config.schema.json\n${exampleYaml().trimEnd()}\n`;
}

/** Text of `docs/config.schema.json`. */
export function schemaFile(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

function sectionsOf(root: DeclaredGroup): Section[] {
  const groups = root.members.filter(isGroup).map((group) => ({
    title: group.keys.join("."),
    help: group.help,
    options: declaredOptions(group),
  }));
  const lone = root.members.flatMap((member) => isGroup(member) ? [] : [member]);
  return [...groups, { title: "the whole program", help: "", options: lone }];
}

if (import.meta.main) {
  const write = (name: string, text: string) =>
    Deno.writeTextFileSync(`${PROJECT_ROOT}docs/${name}`, text);
  write("options.md", optionsPage());
  write("sls2hec.example.yaml", exampleFile());
  write("config.schema.json", schemaFile());
}
