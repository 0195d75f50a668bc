import { inlineYaml } from "./inline_yaml.ts";
import {
  type DeclaredGroup,
  declaredGroups,
  type DeclaredOption,
  declaredOptions,
  isGroup,
} from "./schema_walk.ts";

/**
 * A whole configuration file with every option. What must be set and what has a default is active;
 * what may be left out is commented out. With its variables set it loads as it stands.
 */
export function exampleYaml(): string {
  const head = [
    "# Configuration of sls2hec. What is commented out may be left out.",
    "# Durations: 500ms, 20s, 5m, 1h, 1d. Sizes: 500KB, 1MB, 1GB, and KiB, MiB, GiB.",
    "# ${env:NAME} and ${file:PATH} stand for the text of a variable and of a file.",
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

/** The lines of a list item: the dash goes in front of its first option. */
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

/** Whether the option stands in the example without a comment sign. */
function isActive({ default: fallback, required, requiredUnless }: DeclaredOption): boolean {
  return fallback !== undefined || required || requiredUnless !== undefined;
}
