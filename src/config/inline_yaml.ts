/** A default, as declared, in YAML on one line. */
export function inlineYaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineYaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${key}: ${inlineYaml(member)}`);
    return `{${members.join(", ")}}`;
  }
  return String(value);
}
