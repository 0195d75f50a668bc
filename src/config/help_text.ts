import { inlineYaml } from "./inline_yaml.ts";
import { type DeclaredOption, declaredOptions } from "./schema_walk.ts";

/** The options of the YAML file, for `--help`: key, value, default and variable, then what it does. */
export function helpText(): string {
  const options = declaredOptions().flatMap((option) => [
    `  ${option.path}: ${facts(option).join(", ")}`,
    `      ${option.help}`,
  ]);
  return [
    "Options of the configuration file. A variable holds where the file leaves its option out.",
    "Durations: 500ms, 20s, 5m, 1h, 1d. Sizes: 500KB, 1MB, 1GB, and KiB, MiB, GiB.",
    "${env:NAME} and ${file:PATH} stand for the text of a variable and of a file.",
    "",
    ...options,
  ].join("\n");
}

function facts(option: DeclaredOption): string[] {
  const variable = option.env ? [`variable ${option.env}`] : [];
  return [option.kind, fallbackOf(option), ...variable];
}

function fallbackOf(option: DeclaredOption): string {
  if (option.default !== undefined) return `default ${inlineYaml(option.default)}`;
  if (option.required) return "required";
  const { requiredUnless, without } = option;
  return requiredUnless ? `required unless ${requiredUnless}` : `without it ${without}`;
}
