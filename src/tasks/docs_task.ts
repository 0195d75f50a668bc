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
  a variable or of a file. [Some texts of events](several.md#values-that-differ-by-log-group) may also
  contain \`\${topic}\` and the like.
- **Editors**: [config.schema.json](config.schema.json) is the JSON Schema. An editor with YAML
  support checks and completes a file that begins with
  \`# yaml-language-server: $schema=PATH/TO/config.schema.json\`.
`;

const RULES = `
## Several regions, accounts and collectors

A source may have any key of \`sls\` and of \`hec\` for itself. These rules say what then applies; [several.md](several.md) has
examples of these and of patterns, templates, fields and routes.

| Key | Rule |
| --- | ---- |
| order | Written in the source, then written at the top level, then the variable, then the default. Variables and defaults fill the top level only; it may be absent when every source is complete. |
| \`sources[].sls\` | Key by key; \`credentials\` as a whole. A written \`endpoint\` drops an inherited \`region\`: what was signed by v4 stays so, with the region of the new endpoint. \`proxy\` and \`no_proxy\` are one unit; \`proxy: none\` is no proxy. |
| \`sources[].hec\` | Key by key; \`tls\` and \`headers\` as a whole, \`batch\` and \`retire\` key by key. \`url\` and \`urls\` replace each other. Either of them drops the inherited \`token\`, \`tls\` and \`headers\`: a new \`token\` is required. \`token\` alone means the same collector. \`proxy\` and \`no_proxy\` are one unit. |
| one client | Sources with equal URLs, TLS, proxy, headers, token, \`ack\` and timeouts share one client. \`batch\`, \`gzip\`, \`event_format\`, \`oversize\`, \`max_event_bytes\`, \`event_id\` and \`fallback_index\` are each source's own and split nothing. |
| one set of collectors | \`max_concurrent_requests\`, \`rate\` and \`retire\` belong to the set of collectors, over all its tokens. Two values for one set are an error that names both places. |
| workers, memory | Each set's \`max_concurrent_requests\` is divided among the workers; \`workers: auto\` takes the smallest set. \`memory_budget\` is one for all; its shares are made again when sources come or go. |
| identity | Host and port of the endpoint, project, logstore and group: each once. \`sources[].name\` is \`project/logstore\` by default, with \`@group\` and then \`@host:port\` where needed to tell sources apart. Commands, ledger, dead letters and log use it; \`sls_id\` does not change. |
| variables | \`SLS_ENDPOINTS\`, \`SLS_PROJECTS\` and \`SLS_LOGSTORES\` count only without \`sources\` in the file. Singular and plural together are an error. |
| \`compile -c\` | Secrets may be missing. Hosts, paths and names that the permissions are made of must be known. |
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
  const titles = sections.map(({ title }) => title);
  const several = "Several regions, accounts and collectors";
  const contents = [...titles, several].map((title) =>
    `- [${title}](#${title.toLowerCase().replaceAll(" ", "-").replaceAll(",", "")})`
  );
  const body = sections.map(({ title, help, options }) =>
    [`## ${title}`, ...(help ? [help] : []), optionsTable(options).trim()].join("\n\n")
  );
  return `${[INTRODUCTION.trim(), contents.join("\n"), ...body, RULES.trim()].join("\n\n")}\n`;
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
