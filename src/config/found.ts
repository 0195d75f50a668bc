import { formatPath, type OptionPath, shortText } from "./option_path.ts";
import { typeNotes } from "./scalar.ts";
import { typeAt } from "./schema_walk.ts";
import { isMapping, type Settings, treeAt } from "./settings.ts";
import { showValue } from "./shown_value.ts";

/**
 * What stands at a path, in words. A value is shown only where an option that is no secret is declared,
 * and only as it was written: not what a reference brought in.
 */
export function describeFound(settings: Settings, path: OptionPath): string {
  const found = treeAt(settings, path);
  if (found === undefined || found === null) return "nothing";
  if (Array.isArray(found)) return found.length === 0 ? "an empty list" : "a list";
  if (isMapping(found)) return "a mapping";
  const references = settings.origins.get(formatPath(path))?.references;
  if (references) {
    return `${found.trim() === "" ? nothingIn(found) : "a value"} from ${references.join(" and ")}`;
  }
  const type = typeAt(path);
  const notes = type && typeNotes.get(type);
  if (!notes || notes.secret) return found.trim() === "" ? nothingIn(found) : "a value";
  const shown = (notes.show ?? showValue)(found);
  if (shown !== undefined) return shortText(shown);
  return found.trim() === ""
    ? nothingIn(found)
    : "a value that is not shown, as it may be a secret";
}

function nothingIn(blanks: string): string {
  return blanks === "" ? "an empty text" : "nothing but blanks";
}
