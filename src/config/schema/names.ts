import { z } from "zod";
import { type Bare, bareType, typeNotes, type UnitOf } from "./declare.ts";

/** A name in camel case. */
export type Camel<K extends string> = K extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : K;

/** A name that ends in a unit. */
export type WithUnit<K extends string, U extends string> = K extends `${string}${U}` ? K
  : `${K}${U}`;

/**
 * The name of an option in code: the file's name in camel case, with the unit of its value at the end. `max_bytes` is
 * `maxBytes`, `memory_budget` is `memoryBudgetBytes`.
 */
export type CodeName<K extends string, S> = WithUnit<Camel<K>, UnitOf<Bare<S>>>;

/**
 * The parsed options of a declaration, under their names in code.
 * @typeParam S A declared group or option.
 * @typeParam Except Keys of the file that are left out.
 */
export type OptionsOf<S, Except extends string = never> = S extends z.ZodPrefault<infer T>
  ? OptionsOf<T, Except>
  : S extends z.ZodOptional<infer T> ? OptionsOf<T> | undefined
  : S extends z.ZodObject<infer Shape> ? {
      readonly [K in keyof Shape & string as K extends Except ? never : CodeName<K, Shape[K]>]:
        OptionsOf<Shape[K]>;
    }
  : S extends z.ZodArray<infer Item> ? readonly OptionsOf<Item>[]
  : z.output<S>;

/** The same, where any option may be missing. */
export type PartialOptionsOf<S> = S extends z.ZodPrefault<infer T> ? PartialOptionsOf<T>
  : S extends z.ZodOptional<infer T> ? PartialOptionsOf<T>
  : S extends z.ZodObject<infer Shape> ? {
      readonly [K in keyof Shape & string as CodeName<K, Shape[K]>]?:
        | PartialOptionsOf<Shape[K]>
        | undefined;
    }
  : S extends z.ZodArray<infer Item> ? readonly (PartialOptionsOf<Item> | undefined)[]
  : z.output<S>;

/** Parsed options under their names in code. Those without a value are there as undefined. */
export function inCode<S extends z.ZodType>(type: S, values: z.output<S>): OptionsOf<S> {
  return renamed(type, values) as OptionsOf<S>;
}

function renamed(type: z.ZodType, value: unknown): unknown {
  const bare = bareType(type);
  if (bare instanceof z.ZodObject && value !== undefined) {
    const values = value as Record<string, unknown>;
    return namedMembers(bare, (key, member) => renamed(member, values[key]));
  }
  if (bare instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item) => renamed(bare.element as z.ZodType, item));
  }
  return value;
}

/**
 * The valid options of a tree, under their names in code; invalid and missing ones are undefined. Checks that look at
 * two options can then be made although a third is wrong.
 */
export function validSubset<S extends z.ZodType>(type: S, tree: unknown): PartialOptionsOf<S> {
  return validPart(type, tree) as PartialOptionsOf<S>;
}

function validPart(type: z.ZodType, tree: unknown): unknown {
  const parsed = type.safeParse(tree);
  if (parsed.success) return renamed(type, parsed.data);
  const bare = bareType(type);
  if (bare instanceof z.ZodArray && Array.isArray(tree)) {
    return tree.map((item) => validPart(bare.element as z.ZodType, item));
  }
  if (!(bare instanceof z.ZodObject) || Array.isArray(tree)) return undefined;
  if (tree !== undefined && (typeof tree !== "object" || tree === null)) return undefined;
  const members: Record<string, unknown> = { ...tree };
  return namedMembers(bare, (key, member) => validPart(member, members[key]));
}

function namedMembers(
  { shape }: z.ZodObject,
  valueOf: (key: string, type: z.ZodType) => unknown,
): unknown {
  return Object.fromEntries(
    Object.entries(shape).map(([key, type]) => {
      const member = type as z.ZodType;
      return [codeName(key, member), valueOf(key, member)];
    }),
  );
}

/** As `CodeName`. */
function codeName(key: string, type: z.ZodType): string {
  const camel = key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const unit = typeNotes.get(bareType(type))?.unit ?? "";
  return camel.endsWith(unit) ? camel : camel + unit;
}

/** Options of which any may be missing, groups included. */
export type Overlay<T> = T extends object
  ? T | { readonly [K in keyof T]?: Overlay<T[K]> | undefined }
  : T;

/**
 * Options with those of another place over them, groups option by option.
 * @param group Their declaration.
 * @param shared The options, under their names in code.
 * @param own What is given in the other place, declared by `overridesOf`.
 */
export function overlaid<T extends object>(
  group: z.ZodType,
  shared: T,
  own: NoInfer<Overlay<T>> | undefined,
): T {
  const bare = bareType(group);
  if (own === undefined || !(bare instanceof z.ZodObject)) return shared;
  const [below, above] = [shared, own] as Record<string, unknown>[];
  return namedMembers(bare, (key, member) => {
    const name = codeName(key, member);
    const [value, over] = [below?.[name], above?.[name]];
    const isGroup = bareType(member) instanceof z.ZodObject;
    return isGroup ? overlaid(member, value as object, over as object) : over ?? value;
  }) as T;
}
