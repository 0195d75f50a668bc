import type { Grant } from "./grant.ts";
import { textTable } from "../base/text_table.ts";

/** A grant for people: what is allowed and why, and that nothing else is. */
export function grantTable({ why, ignoreEnv }: Grant): string {
  const rows = why.map(({ permission, value, reason }) => [permission, value, reason]);
  const ignored = ignoreEnv.map((
    name,
  ) => ["env", name, "asked for by a library, told it is not set"]);
  const table = textTable([["Permission", "Value", "For"], ...rows, ...ignored]);
  return `${table}\nEverything else is denied: other hosts, files and variables, programs, native code`;
}
