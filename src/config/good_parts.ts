import { z } from "zod";
import { bareType } from "./option.ts";
import { isMapping } from "./settings.ts";

/** The output of a schema of which any option may be missing. */
export type GoodParts<S> = S extends z.ZodPrefault<infer T> ? GoodParts<T>
  : S extends z.ZodOptional<infer T> ? GoodParts<T>
  : S extends z.ZodObject<infer Shape> ? { [K in keyof Shape]?: GoodParts<Shape[K]> | undefined }
  : S extends z.ZodArray<infer Item> ? (GoodParts<Item> | undefined)[]
  : z.output<S>;

/**
 * What of `tree` is right, parsed; what is wrong or missing is left out. With it, checks that look at
 * two options can be made although a third is wrong.
 */
export function goodParts<S extends z.ZodType>(type: S, tree: unknown): GoodParts<S> {
  return partOf(type, tree) as GoodParts<S>;
}

function partOf(type: z.ZodType, tree: unknown): unknown {
  const parsed = type.safeParse(tree);
  if (parsed.success) return parsed.data;
  const bare = bareType(type);
  if (bare instanceof z.ZodObject && (tree === undefined || isMapping(tree))) {
    const members = Object.entries(bare.shape).map(([key, member]) => {
      return [key, partOf(member as z.ZodType, tree?.[key])];
    });
    return Object.fromEntries(members);
  }
  if (bare instanceof z.ZodArray && Array.isArray(tree)) {
    return tree.map((item) => partOf(bare.element as z.ZodType, item));
  }
  return undefined;
}
