import type { z } from "zod";
import type { Problem } from "./problems.ts";
import { type Effective, type RawConfig, type ServerGroup, treeAt } from "./read/raw_config.ts";
import { hecOptions } from "./schema/hec.ts";
import { inCode, type OptionsOf, type PartialOptionsOf, validSubset } from "./schema/names.ts";
import { fileSchema } from "./schema/schema.ts";
import { slsOptions } from "./schema/sls.ts";
import { schemaProblems } from "./schema_problems.ts";

/** Options of `sls`, under their names in code. */
export type SlsOptions = OptionsOf<typeof slsOptions>;

/** Options of `hec`, under their names in code. */
export type HecOptions = OptionsOf<typeof hecOptions>;

/** Parsed options under their names in code. */
export interface Options {
  /** All but `sls` and `hec`. */
  readonly file: OptionsOf<typeof fileSchema>;
  /** Of each distinct group of them. */
  readonly sls: ReadonlyMap<Effective, SlsOptions>;
  /** Of each distinct group of them. */
  readonly hec: ReadonlyMap<Effective, HecOptions>;
}

/** The same, where any option may be missing or invalid. */
export interface PartialOptions {
  /** All but `sls` and `hec`. */
  readonly file: PartialOptionsOf<typeof fileSchema>;
  /** Of each distinct group of them. */
  readonly sls: ReadonlyMap<Effective, PartialOptionsOf<typeof slsOptions>>;
  /** Of each distinct group of them. */
  readonly hec: ReadonlyMap<Effective, PartialOptionsOf<typeof hecOptions>>;
}

/** Parses each option alone. */
export function parseOptions(
  raw: RawConfig,
): {
  readonly options: Options | undefined;
  readonly partial: PartialOptions;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const file = fileSchema.safeParse(raw.tree);
  const sls = parseGroups("sls", slsOptions, raw, problems);
  const hec = parseGroups("hec", hecOptions, raw, problems);
  if (file.error) problems.push(...schemaProblems(file.error, raw));
  const options = file.success && sls.whole && hec.whole
    ? { file: inCode(fileSchema, file.data), sls: sls.whole, hec: hec.whole }
    : undefined;
  const partial = {
    file: validSubset(fileSchema, raw.tree),
    sls: sls.partial,
    hec: hec.partial,
  };
  return { options, partial, problems };
}

function parseGroups<S extends z.ZodType>(
  name: ServerGroup,
  type: S,
  raw: RawConfig,
  problems: Problem[],
) {
  const { all, shared } = raw.groups;
  const whole = new Map<Effective, OptionsOf<S>>();
  const partial = new Map<Effective, PartialOptionsOf<S>>();
  for (const group of all[name]) {
    if (group.isInvalid) continue;
    const parsed = type.safeParse(group.tree);
    if (parsed.success) whole.set(group, inCode(type, parsed.data));
    else problems.push(...schemaProblems(parsed.error, raw, group));
    partial.set(group, validSubset(type, group.tree));
  }
  const unused = shared[name];
  if (unused && !all[name].includes(unused)) problems.push(...wrongValues(type, unused, raw));
  return { whole: whole.size === all[name].length ? whole : undefined, partial };
}

/** What is wrong with a group that applies to no source. Nothing in it is required. */
function wrongValues(type: z.ZodType, group: Effective, raw: RawConfig): Problem[] {
  const { error } = type.safeParse(group.tree);
  if (!error) return [];
  const issues = error.issues.filter(({ code, path }) =>
    code === "unrecognized_keys" || treeAt(group, path as (string | number)[]) !== undefined
  );
  return schemaProblems({ issues } as z.ZodError, raw, group);
}
