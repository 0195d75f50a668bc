import { z } from "zod";
import { typeNotes } from "./scalar.ts";

/** What is declared of an option besides its type and default. */
export interface OptionNotes {
  /** What it does, in one line. */
  readonly help: string;
  /** The environment variable that gives the value when the file leaves it out. */
  readonly env?: string;
  /** Other keys of the same mapping that stand in its place: with one, `env` is not looked at. */
  readonly insteadOf?: readonly string[];
  /** What holds when nothing gives a value, for options without a fixed default. */
  readonly without?: string;
  /** Needed, except when this holds: `urls is set`. The cross-field checks see to it. */
  readonly requiredUnless?: string;
  /** A value for the example file, as YAML. */
  readonly example?: string;
  /** What the program does with the named file or folder, for the permission grant. */
  readonly access?: FileAccess;
}

/** How a named file or folder is used. */
export interface FileAccess {
  readonly read?: boolean;
  readonly write?: boolean;
  /** Older files stand beside it, as many as `log.backups` says: the file's name with `.1`, `.2` and so on. */
  readonly withBackups?: boolean;
}

/** Notes of every option and group, found by its type. */
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

const GROUP = "a mapping of options";

/** Declares a mapping of options. Left out, it is as if empty. */
export function group<S extends z.ZodRawShape>(
  help: string,
  shape: S,
): z.ZodPrefault<z.ZodObject<S, z.core.$strict>> {
  return required(listItem(shape), { help }).prefault({} as never);
}

/** A mapping of options that stands in a list. */
export function listItem<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape, { error: GROUP });
}

type Bare<S> = S extends z.ZodPrefault<infer T> ? T : S extends z.ZodOptional<infer T> ? T : S;
type Overrides<S extends z.ZodRawShape> = { [K in keyof S]: z.ZodOptional<Bare<S[K]>> };

/** The same options once more, none of them needed and none with a default or a variable. */
export function overridesOf<S extends z.ZodRawShape>(shape: S): Overrides<S> {
  const entries = Object.entries(shape).map(([key, type]) => {
    const bare = bareType(type as z.ZodType);
    const copy = bare.clone();
    const [notes, kind] = [optionNotes.get(bare), typeNotes.get(bare)];
    optionNotes.set(copy, { help: notes?.help ?? "", without: `consumer.${key}` });
    if (kind) typeNotes.set(copy, kind);
    return [key, copy.optional()];
  });
  return Object.fromEntries(entries) as Overrides<S>;
}

/** A type without its default or the permission to be left out. */
export function bareType(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodPrefault || type instanceof z.ZodOptional
    ? type.unwrap() as z.ZodType
    : type;
}
