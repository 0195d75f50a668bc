import { z } from "zod";
import { bareType, optionNotes } from "./option.ts";
import { typeNotes } from "./scalar.ts";
import { schema } from "./schema.ts";

const REFERENCE: z.core.JSONSchema.BaseSchema = { type: "string", pattern: "\\$\\{(env|file):" };

/**
 * JSON Schema of the configuration file, for editors. A reference may stand for any single value, and
 * what a variable can give need not be in the file.
 */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (!(zodSchema instanceof z.ZodType)) return;
      const fragment = typeNotes.get(zodSchema)?.json;
      if (fragment) {
        delete jsonSchema.type;
        jsonSchema.anyOf = [fragment, REFERENCE];
      }
      const help = optionNotes.get(zodSchema)?.help;
      if (help) jsonSchema.description = help;
      if (zodSchema instanceof z.ZodPrefault) typeDefault(zodSchema, jsonSchema);
      if (zodSchema instanceof z.ZodObject) allowVariables(zodSchema, jsonSchema);
    },
  });
}

/** Defaults are declared as text; an editor that fills one in should write `8`, not `"8"`. */
function typeDefault(declared: z.ZodPrefault, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const type = typeNotes.get(bareType(declared))?.json?.type;
  const isTyped = type === "integer" || type === "boolean";
  if (isTyped) jsonSchema.default = JSON.parse(String(declared.def.defaultValue));
}

function allowVariables(type: z.ZodObject, jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const needed = jsonSchema.required?.filter((key) => !canComeFromVariables(type.shape[key]));
  delete jsonSchema.required;
  if (needed && needed.length > 0) jsonSchema.required = needed;
}

function canComeFromVariables(type: unknown): boolean {
  if (!(type instanceof z.ZodType)) return false;
  const bare = bareType(type);
  return bare instanceof z.ZodArray || optionNotes.get(bare)?.env !== undefined;
}
