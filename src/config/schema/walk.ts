import { z } from "zod";
import { formatPath, isPlainName, type OptionPath, showValue } from "../shown.ts";
import {
  bareType,
  isOptionGroup,
  isOptionList,
  type OptionNotes,
  optionNotes,
  type TypeNotes,
  typeNotes,
} from "./declare.ts";
import { schema } from "./schema.ts";

/** One option as declared, for everything that lists them. */
export interface DeclaredOption extends OptionNotes {
  /** Its keys from the top, without positions in lists. */
  readonly keys: readonly string[];
  /** `sources[].project`. */
  readonly path: string;
  /** One or two words: `duration`. */
  readonly kind: string;
  /** As written in the file; undefined when there is no fixed default. */
  readonly default: unknown;
  /** It must have a value. */
  readonly required: boolean;
  /** The key of the optional group that it belongs to; undefined for options that are always there. */
  readonly ofOptionalGroup: string | undefined;
  /** It must have a value when its optional group is written. */
  readonly requiredInGroup: boolean;
  /** It belongs to an item of a list. */
  readonly inList: boolean;
}

/** A mapping of options, with its options and groups in the order of their declaration. */
export interface DeclaredGroup {
  /** Its keys from the top. */
  readonly keys: readonly string[];
  /** What it is for, in one line. */
  readonly help: string;
  /** It is a list of such mappings. */
  readonly isList: boolean;
  /** Its options and groups. */
  readonly members: readonly (DeclaredOption | DeclaredGroup)[];
}

/** The whole declaration as a tree. */
export function declaredGroups(): DeclaredGroup {
  return describeGroup(schema, { keys: [], help: "", isList: false, inList: false });
}

/** Every option, in the order of the declaration. */
export function declaredOptions(from: DeclaredGroup = declaredGroups()): DeclaredOption[] {
  return from.members.flatMap((member) => isGroup(member) ? declaredOptions(member) : [member]);
}

/** Whether a member of a group is a group itself. */
export function isGroup(member: DeclaredOption | DeclaredGroup): member is DeclaredGroup {
  return "members" in member;
}

/** The type at a path, without its default; undefined where nothing is declared. */
export function typeAt(path: OptionPath): z.ZodType | undefined {
  let type: z.ZodType | undefined = schema;
  for (const step of path) {
    if (type instanceof z.ZodArray) type = type.element as z.ZodType;
    else if (type instanceof z.ZodObject) type = ownMember(type.shape, String(step));
    else if (type instanceof z.ZodRecord) type = type.valueType as z.ZodType;
    else return undefined;
    if (type) type = bareType(type);
  }
  return type;
}

/** What of an option's value is confidential; undefined for nothing. */
export function secrecyAt(path: OptionPath): TypeNotes["secrecy"] {
  const type = typeAt(path);
  return type && typeNotes.get(type)?.secrecy;
}

/**
 * A path for a report, as `formatPath` makes it, but cut before a key that may be something else, such as the secret in
 * `{token:SECRET}`, which lacks a blank.
 */
export function showPath(path: OptionPath): string {
  const shown: (string | number)[] = [];
  for (const [at, step] of path.entries()) {
    const around = typeAt(path.slice(0, at));
    const hasFreeKeys = around !== undefined && typeNotes.get(around)?.freeKeys;
    const isDeclared = around instanceof z.ZodObject &&
      typeAt(path.slice(0, at + 1)) !== undefined;
    const harmless = typeof step === "number" || isDeclared ||
      (hasFreeKeys ? showValue(step) !== undefined : isPlainName(step));
    if (!harmless) return formatPath([...shown, "…"]);
    shown.push(step);
  }
  return formatPath(shown);
}

function ownMember(shape: Record<string, unknown>, key: string): z.ZodType | undefined {
  return Object.hasOwn(shape, key) ? shape[key] as z.ZodType : undefined;
}

interface GroupPlace {
  readonly keys: readonly string[];
  readonly help: string;
  readonly isList: boolean;
  readonly inList: boolean;
  readonly isOptional?: boolean;
}

function describeGroup(
  { shape }: z.ZodObject,
  { keys: above, help, isList, inList, isOptional = false }: GroupPlace,
): DeclaredGroup {
  const members = Object.entries(shape).map(([key, type]) => {
    const member = type as z.ZodType;
    const keys = [...above, key];
    const bare = bareType(member);
    const { help: about = "", isOptionalGroup = false } = optionNotes.get(bare) ?? {};
    // The overrides of a group (a source's own consumer) are one option for the reader.
    if (isOptionGroup(member) || isOptionalGroup) {
      const place = { keys, help: about, isList: false, inList, isOptional: isOptionalGroup };
      return describeGroup(bare as z.ZodObject, place);
    }
    if (isOptionList(bare)) {
      return describeGroup(bare.element, { keys, help: about, isList: true, inList: true });
    }
    return describeOption(member, keys, inList, isOptional);
  });
  return { keys: above, help, isList, members };
}

function describeOption(
  declared: z.ZodType,
  keys: readonly string[],
  inList: boolean,
  isInOptional: boolean,
): DeclaredOption {
  const bare = bareType(declared);
  const notes = optionNotes.get(bare) ?? { help: "" };
  return {
    ...notes,
    keys,
    path: inList ? `${keys[0]}[].${formatPath(keys.slice(1))}` : formatPath(keys),
    kind: typeNotes.get(bare)?.kind ?? "mapping",
    default: declared instanceof z.ZodPrefault ? declared.def.defaultValue : undefined,
    required: declared === bare && !isInOptional,
    ofOptionalGroup: isInOptional ? keys.at(-2) : undefined,
    requiredInGroup: declared === bare && isInOptional,
    inList,
  };
}
