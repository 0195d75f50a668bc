import { z } from "zod";

// A configuration is read once: compiling a reader for it takes longer than reading it.
z.config({ jitless: true });

/** Units of parsed values. Each ends the option's name in code: `timeout` is `timeoutMs` there. */
export type Unit = "Ms" | "Bytes" | "BytesPerSec";

/** Marks a type with the unit of its value. */
declare const unitOf: unique symbol;

/** A type of single value, with the unit that its value is parsed into. */
export interface Scalar<T, U extends Unit | "" = ""> extends z.ZodType<T, string> {
  /** Exists for the type checker only. */
  readonly [unitOf]: U;
}

/** The unit of a declared type; empty for one without. */
export type UnitOf<S> = S extends { readonly [unitOf]: infer U extends Unit } ? U : "";

/** A value that a type does not accept. */
export class Refused {
  /** What the type accepts, to follow "expected". */
  readonly expected: string;

  /**
   * Refuses a value.
   * @param expected What the type accepts.
   */
  constructor(expected: string) {
    this.expected = expected;
  }
}

/** How a type of option presents itself. */
export interface TypeNotes<U extends Unit | "" = Unit | ""> {
  /** One or two words for tables: `duration`. */
  readonly kind: string;
  /** What may be written, to follow "expected": `a duration such as 20s`. */
  readonly expected: string;
  /** The unit of the parsed value. */
  readonly unit?: U;
  /** What an editor may check, as JSON Schema. */
  readonly json?: Readonly<Record<string, unknown>>;
  /**
   * What of the value is confidential: all of it (`secret`), all of it although it is not a credential by itself (`hidden`),
   * or the user and password in front of an `@` (`login`). Secret and hidden values are never shown.
   */
  readonly secrecy?: "secret" | "hidden" | "login";
  /** It may contain parts that differ by log group, such as `${topic}`: see `types/templates.ts`. */
  readonly isTemplate?: boolean;
  /** It is a mapping whose keys the operator chooses, such as topics. */
  readonly freeKeys?: boolean;
  /** What of the value may be shown, undefined for nothing. Default: `showValue`. */
  readonly show?: (text: string) => string | undefined;
}

/** Notes of each declared type. Not a registry of zod's: there, a copy inherits its notes. */
export const typeNotes = new WeakMap<z.ZodType, TypeNotes>();

/**
 * Makes a type of single value. Every value arrives as text, from YAML without YAML's own guesses (`on`, `0x1F`,
 * dates), from `${env:NAME}` and from the environment alike, so that one rule reads all of them.
 * @param notes How the type presents itself.
 * @param read Parses the text.
 */
export function scalar<T, U extends Unit | "" = "">(
  notes: TypeNotes<U>,
  read: (text: string) => T | Refused,
): Scalar<T, U> {
  const type = z.string({ error: notes.expected }).transform((text, context): T => {
    const value = read(text);
    if (!(value instanceof Refused)) return value;
    context.issues.push({ code: "custom", message: value.expected, input: text });
    return z.NEVER;
  });
  typeNotes.set(type, notes);
  return type as z.ZodType as Scalar<T, U>;
}

/** What is declared of an option besides its type and default. */
export interface OptionNotes {
  /** What it does, in one line. */
  readonly help: string;
  /** The environment variable that gives the value when the file leaves it out. */
  readonly env?: string;
  /** The variable that gives it to several sources: a list, for a file without `sources`. */
  readonly listEnv?: string;
  /** Other keys of the same mapping that replace it: when one is set, `env` is not read. */
  readonly insteadOf?: readonly string[];
  /** What applies when nothing gives a value, for options without a fixed default. */
  readonly without?: string;
  /** When the option may be left out: `urls is set`. The cross checks require it otherwise. */
  readonly requiredUnless?: string;
  /** A value for the example file, as YAML. */
  readonly example?: string;
  /** What the program does with the named file or folder, for the permission grant. */
  readonly access?: FileAccess;
  /** It is a group that is missing unless it is written, declared by `optionalGroup`. */
  readonly isOptionalGroup?: boolean;
  /** Of such a group: a word in its place that leaves all its options to their variables. */
  readonly word?: string;
}

/** How a named file or folder is used. */
export interface FileAccess {
  /** The program reads it. */
  readonly read?: boolean;
  /** The program writes it. */
  readonly write?: boolean;
  /** Its content is confidential. */
  readonly secret?: boolean;
  /** It is rotated: `log.backups` older files have its name with `.1`, `.2` and so on. */
  readonly withBackups?: boolean;
}

/** Notes of each option and group, by its type without default. */
export const optionNotes = new WeakMap<z.ZodType, OptionNotes>();

/** Declares an option that must have a value. */
export function required<S extends z.ZodType>(type: S, notes: OptionNotes): S {
  optionNotes.set(type, notes);
  return type;
}

/** Declares an option that may have no value. */
export function optional<S extends z.ZodType>(type: S, notes: OptionNotes): z.ZodOptional<S> {
  return required(type, notes).optional();
}

/** Declares an option with a default, written as in the file. */
export function withDefault<S extends z.ZodType>(
  type: S,
  value: z.input<S>,
  notes: OptionNotes,
): z.ZodPrefault<S> {
  return required(type, notes).prefault(value as never);
}

/** What a group of options must be. */
export const MAPPING = "a mapping of options";

/** Declares a mapping of options. Leaving it out is the same as an empty one. */
export function group<S extends z.ZodRawShape>(
  help: string,
  shape: S,
): z.ZodPrefault<z.ZodObject<S, z.core.$strict>> {
  return required(listItem(shape), { help }).prefault({} as never);
}

/**
 * Declares a mapping of options that is an item of a list, or an option as a whole.
 * @param shape Its options.
 * @param expected What may be written in its place, to follow "expected".
 */
export function listItem<S extends z.ZodRawShape>(
  shape: S,
  expected: string = MAPPING,
): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, { error: expected });
}

/**
 * Declares a mapping of options that is missing unless it is written: its options are required, and have variables and
 * defaults, only then.
 * @param help What it is for, in one line.
 * @param mapping The mapping, declared by `listItem`.
 * @param word A word that may be written in place of the mapping.
 */
export function optionalGroup<S extends z.ZodObject>(
  help: string,
  mapping: S,
  word?: string,
): z.ZodOptional<S> {
  return optional(mapping, { help, isOptionalGroup: true, ...(word !== undefined && { word }) });
}

/** A declared type without its default or the permission to be left out. */
export type Bare<S> = S extends z.ZodPrefault<infer T> ? Bare<T>
  : S extends z.ZodOptional<infer T> ? Bare<T>
  : S;

/** The options of a group once more, each of them optional. */
export type Overrides<S extends z.ZodRawShape> = {
  [K in keyof S]: z.ZodOptional<
    Bare<S[K]> extends z.ZodObject<infer Inner> ? z.ZodObject<Overrides<Inner>, z.core.$strict>
      : Bare<S[K]>
  >;
};

/**
 * Declares the options of a group once more in another place, where they override the group's own. None of them is
 * required, and none has a default or a variable: what is left out comes from the group.
 * @param path Of the group: `consumer`.
 * @param shape Its options; groups among them are overridden option by option.
 */
export function overridesOf<S extends z.ZodRawShape>(path: string, shape: S): Overrides<S> {
  const entries = Object.entries(shape).map(([key, type]) => {
    const bare = bareType(type as z.ZodType);
    const here = `${path}.${key}`;
    const copy = bare instanceof z.ZodObject
      ? listItem(overridesOf(here, bare.shape))
      : bare.clone();
    const [notes, kind] = [optionNotes.get(bare), typeNotes.get(bare)];
    optionNotes.set(copy, { help: notes?.help ?? "", without: here });
    if (kind) typeNotes.set(copy, kind);
    return [key, copy.optional()];
  });
  return Object.fromEntries(entries) as Overrides<S>;
}

/** A declared type without its default or the permission to be left out. */
export function bareType(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodPrefault || type instanceof z.ZodOptional
    ? bareType(type.unwrap() as z.ZodType)
    : type;
}

/** Whether a declared type is a list of groups of options, rather than one option that is a list of mappings. */
export function isOptionList(type: z.ZodType): type is z.ZodArray<z.ZodObject> {
  return type instanceof z.ZodArray && type.element instanceof z.ZodObject && !typeNotes.has(type);
}

/** Whether a declared type is a group of options, rather than one option that is a mapping. */
export function isOptionGroup(type: z.ZodType): boolean {
  return type instanceof z.ZodPrefault && bareType(type) instanceof z.ZodObject;
}
