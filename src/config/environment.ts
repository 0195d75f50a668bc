import { z } from "zod";
import { bareType, type OptionNotes, optionNotes } from "./option.ts";
import { formatPath, type OptionPath } from "./option_path.ts";
import type { ReferenceReader } from "./reference_reader.ts";
import { schema } from "./schema.ts";
import { isMapping, type Mapping, newMapping, type Settings } from "./settings.ts";

/**
 * Gives the options that the file leaves out the values of their variables. Those of a source are
 * looked at only when the file has no `sources` at all: then they make the one source.
 */
export function fillFromEnvironment(settings: Settings, references: ReferenceReader): void {
  fillMapping(schema, settings.tree, []);

  function fillMapping(type: z.ZodObject, mapping: Mapping, path: OptionPath): void {
    for (const [key, child] of Object.entries(type.shape)) {
      const option = bareType(child as z.ZodType);
      const here = [...path, key];
      const notes = optionNotes.get(option);
      if (option instanceof z.ZodObject) fillGroup(option, mapping, key, here);
      else if (option instanceof z.ZodArray && option.element instanceof z.ZodObject) {
        if (key in mapping) continue;
        const item = newMapping();
        mapping[key] = [item];
        fillMapping(option.element, item, [...here, 0]);
      } else if (notes?.env) fillOption(mapping, key, here, notes);
    }
  }

  function fillGroup(type: z.ZodObject, mapping: Mapping, key: string, path: OptionPath): void {
    // A group with nothing under its key, or only comments, is an empty one.
    const given = mapping[key] === null || !(key in mapping) ? newMapping() : mapping[key];
    if (!isMapping(given)) return; // wrong, and reported as such
    fillMapping(type, given, path);
    mapping[key] = given;
  }

  function fillOption(
    mapping: Mapping,
    key: string,
    path: OptionPath,
    { env: name = "", insteadOf = [] }: OptionNotes,
  ): void {
    if (key in mapping || insteadOf.some((other) => other in mapping)) return;
    const text = formatPath(path);
    settings.variables.set(text, name);
    const looked = references.variable(name, text);
    const place = { kind: "variable", name } as const;
    if ("wrong" in looked) {
      const expected = "a variable that may be read";
      settings.problems.push({ place, path: text, found: `one ${looked.wrong}`, expected });
      mapping[key] = undefined;
    } else if (looked.value !== undefined) {
      mapping[key] = looked.value;
      settings.origins.set(text, { place });
    }
  }
}
