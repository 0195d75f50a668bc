import { inlineYaml } from "./inline_yaml.ts";
import { type DeclaredOption, declaredOptions } from "./schema_walk.ts";

/** Options, all unless some are given, as a Markdown table. */
export function optionsTable(options: readonly DeclaredOption[] = declaredOptions()): string {
  const rows = options.map((option) => {
    const variable = option.env ? `\`${option.env}\`` : "";
    return [`\`${option.path}\``, option.kind, fallback(option), variable, option.help];
  });
  const head = ["Option", "Value", "Default", "Variable", "What it does"];
  return [head, head.map(() => "---"), ...rows].map(tableRow).join("\n");
}

function fallback(option: DeclaredOption): string {
  if (option.default !== undefined) return `\`${inlineYaml(option.default)}\``;
  if (option.required) return "required";
  const { requiredUnless, without = "" } = option;
  return requiredUnless ? `required unless ${requiredUnless}` : without;
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
