import { z } from "zod";
import { bareType, optionNotes, typeNotes } from "./schema/declare.ts";
import { schema } from "./schema/schema.ts";
import {
  type DeclaredGroup,
  declaredGroups,
  type DeclaredOption,
  declaredOptions,
  isGroup,
} from "./schema/walk.ts";

/** The options of the YAML file, for `--help`: key, value, default and variable, then what it does. */
export function helpText(): string {
  const options = declaredOptions().flatMap((option) => [
    `  ${option.path}: ${facts(option).join(", ")}`,
    `      ${option.help}`,
  ]);
  return [
    "Options of the configuration file. A variable is used where the file does not set its option.",
    "Durations: 500ms, 20s, 5m, 1h, 1d. Sizes: 500KB, 1MB, 1GB, and KiB, MiB, GiB.",
    "${env:NAME} and ${file:PATH} are replaced by the text of a variable or a file.",
    "",
    ...options,
  ].join("\n");
}

function facts(option: DeclaredOption): string[] {
  const variable = option.env ? [`variable ${option.env}`] : [];
  const list = option.listEnv ? [`of several sources ${option.listEnv}`] : [];
  return [option.kind, fallbackInHelp(option), ...variable, ...list];
}

function fallbackInHelp(option: DeclaredOption): string {
  if (option.default !== undefined) return `default ${inlineYaml(option.default)}`;
  if (option.required) return "required";
  const { requiredUnless, requiredInGroup, ofOptionalGroup, without } = option;
  if (requiredInGroup) return `required in ${ofOptionalGroup}`;
  return requiredUnless ? `required unless ${requiredUnless}` : `without it ${without}`;
}

/** Options, all unless some are given, as a Markdown table. */
export function optionsTable(options: readonly DeclaredOption[] = declaredOptions()): string {
  const rows = options.map((option) => {
    const variables = [option.env, option.listEnv].flatMap((name) => name ? [`\`${name}\``] : []);
    const cells = [option.kind, fallbackInTable(option), variables.join(", "), option.help];
    return [`\`${option.path}\``, ...cells];
  });
  const head = ["Option", "Value", "Default", "Variable", "What it does"];
  return [head, head.map(() => "---"), ...rows].map(tableRow).join("\n");
}

function fallbackInTable(option: DeclaredOption): string {
  if (option.default !== undefined) return `\`${inlineYaml(option.default)}\``;
  if (option.required) return "required";
  const { requiredUnless, requiredInGroup, ofOptionalGroup, without = "" } = option;
  if (requiredInGroup) return `required in \`${ofOptionalGroup}\``;
  return requiredUnless ? `required unless ${requiredUnless}` : without;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/**
 * A complete configuration file. Options that must be set or have a default are active, the others are commented out.
 * It loads as it is when its variables are set.
 */
export function exampleYaml(): string {
  const head = [
    "# Configuration of sls2hec. Options that are commented out are optional.",
    "# Durations: 500ms, 20s, 5m, 1h, 1d. Sizes: 500KB, 1MB, 1GB, and KiB, MiB, GiB.",
    "# ${env:NAME} and ${file:PATH} are replaced by the text of a variable or a file.",
  ];
  return [...head, ...groupLines(declaredGroups(), "")].join("\n") + "\n";
}

function groupLines(group: DeclaredGroup, indent: string): string[] {
  return group.members.flatMap((member) => {
    const gap = indent === "" ? [""] : [];
    if (!isGroup(member)) return [...gap, ...optionLines(member, indent)];
    const mark = declaredOptions(member).some(isActive) ? "" : "# ";
    const head = [`${indent}# ${member.help}`, `${indent}${mark}${member.keys.at(-1)}:`];
    const deeper = `${indent}${member.isList ? "    " : "  "}`;
    const lines = groupLines(member, deeper);
    return [...gap, ...head, ...(member.isList ? itemLines(lines, indent) : lines)];
  });
}

/** The lines of a list item, with the dash in front of its first option. */
function itemLines(lines: string[], indent: string): string[] {
  const first = lines.findIndex((line) => !line.trimStart().startsWith("#"));
  return lines.map((line, at) => {
    if (at > first) return line;
    return `${indent}  ${at === first ? "- " : ""}${line.slice(indent.length + 4)}`;
  });
}

function optionLines(option: DeclaredOption, indent: string): string[] {
  const { keys, help, default: fallback, example, without } = option;
  const mark = isActive(option) ? "" : "# ";
  const value = fallback === undefined ? example : inlineYaml(fallback);
  const note = without ? [`${indent}# Without it: ${without}.`] : [];
  return [`${indent}# ${help}`, ...note, `${indent}${mark}${keys.at(-1)}: ${value}`];
}

/** Whether the example contains the option without a comment sign. */
function isActive(
  { default: fallback, required, requiredUnless, ofOptionalGroup }: DeclaredOption,
): boolean {
  if (ofOptionalGroup !== undefined) return false;
  return fallback !== undefined || required || requiredUnless !== undefined;
}

/** A default, as declared, in YAML on one line. */
function inlineYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineYaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${inlineYaml(member)}`);
    return `{${members.join(", ")}}`;
  }
  return String(value);
}

const REFERENCE: z.core.JSONSchema.BaseSchema = { type: "string", pattern: "\\$\\{(env|file):" };

/**
 * JSON Schema of the configuration file, for editors. Any single value may be a reference, and an option with a variable
 * may be missing in the file.
 */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (!(zodSchema instanceof z.ZodType)) return;
      const fragment = typeNotes.get(zodSchema)?.json;
      if (fragment) {
        delete jsonSchema.type;
        jsonSchema.anyOf = [fragment, REFERENCE];
      }
      const help = optionNotes.get(zodSchema)?.help;
      if (help) jsonSchema.description = help;
      if (zodSchema instanceof z.ZodPrefault) typeDefault(zodSchema, jsonSchema);
      if (zodSchema instanceof z.ZodObject) allowVariables(zodSchema, jsonSchema);
      const word = optionNotes.get(zodSchema)?.word;
      if (word !== undefined) allowWord(word, jsonSchema);
    },
  });
}

/** Defaults are declared as text; an editor that inserts one should write `8`, not `"8"`. */
function typeDefault(declared: z.ZodPrefault, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const type = typeNotes.get(bareType(declared))?.json?.type;
  const isTyped = type === "integer" || type === "boolean";
  if (isTyped) jsonSchema.default = JSON.parse(String(declared.def.defaultValue));
}

function allowVariables(type: z.ZodObject, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const needed = jsonSchema.required?.filter((key) => !canComeFromVariables(type.shape[key]));
  delete jsonSchema.required;
  if (needed && needed.length > 0) jsonSchema.required = needed;
}

/** Allows a word in place of a mapping. */
function allowWord(word: string, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const { description: _description, ...mapping } = jsonSchema;
  for (const key of Object.keys(mapping)) delete jsonSchema[key];
  jsonSchema.anyOf = [{ enum: [word] }, mapping];
}

function canComeFromVariables(type: unknown): boolean {
  if (!(type instanceof z.ZodType)) return false;
  const bare = bareType(type);
  return bare instanceof z.ZodArray || optionNotes.get(bare)?.env !== undefined;
}
