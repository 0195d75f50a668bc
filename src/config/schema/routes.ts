import { z } from "zod";
import { textList } from "../types/lists.ts";
import { flag, textValue } from "../types/scalars.ts";
import { type Template, template } from "../types/templates.ts";
import { listItem, Refused, type Scalar, scalar, typeNotes } from "./declare.ts";

/** Texts of events, of a source and of a route. */
export const eventTexts = {
  index: template({ what: "an index name", maxLength: 256, mayBeNone: true }),
  sourcetype: textValue({ what: "a sourcetype, or none" }),
  source: template({ what: "a source", mayBeNone: true }),
  host: template({ what: "a host", mayBeNone: true }),
};

const MAX_FIELDS = 100;
const FIELDS = "a mapping of field names to texts, such as {account: prod}";
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_.]{0,127}$/;

/** Indexed fields by name. */
export const eventFields: z.ZodRecord<z.ZodString, z.ZodType<Template, string>> = z.record(
  z.string(),
  template({ what: "a field's text" }) as z.ZodType<Template, string>,
  { error: FIELDS },
).superRefine((fields, context) => {
  const refuse = (message: string, path: string[] = []) => {
    context.addIssue({ code: "custom", message, path });
  };
  const names = Object.keys(fields);
  if (names.length > MAX_FIELDS) refuse(`at most ${MAX_FIELDS} fields`);
  for (const name of names) {
    if (name === "sls_id") refuse("another name: sls_id is the event's id", [name]);
    else if (!FIELD_NAME.test(name)) {
      refuse("a field name: a letter, then letters, digits, _ and . (at most 128)", [name]);
    }
  }
});
typeNotes.set(eventFields, { kind: "texts by field", expected: FIELDS, freeKeys: true });

const MAX_ROUTES = 100;
const MAX_VALUES = 100;

/** What a topic or a tag is compared with; an empty text is the topic of a log group without one. */
function matchText(what: string): Scalar<string> {
  const expected = `${what}: at most 1024 characters, no control characters; * stands for any text`;
  return scalar({ kind: "text", expected }, (text) => {
    const isValid = text.length <= 1_024 && text.isWellFormed() && !/\p{Cc}/u.test(text);
    return isValid ? text : new Refused(expected);
  });
}

function matchTexts(what: string, several: string): ReturnType<typeof textList> {
  return textList({
    item: matchText(what),
    kind: "text or list",
    expected: `${what}, or a list of ${several}`,
    max: MAX_VALUES,
  });
}

const TAGS = "a mapping of tag names to texts or lists, such as {env: [prod, stage]}";
const tag = z.record(z.string(), matchTexts("a tag's value", "values"), { error: TAGS })
  .superRefine((tags, context) => {
    if (Object.keys(tags).length <= MAX_VALUES) return;
    context.addIssue({ code: "custom", message: `at most ${MAX_VALUES} tags` });
  });
typeNotes.set(tag, { kind: "texts by tag", expected: TAGS, freeKeys: true });

/** One route of a source. */
export const routeItem = listItem({
  topic: matchTexts("a topic", "topics").optional(),
  tag: tag.optional(),
  index: eventTexts.index.optional(),
  sourcetype: eventTexts.sourcetype.optional(),
  source: eventTexts.source.optional(),
  host: eventTexts.host.optional(),
  expand_json: textList({
    item: textValue({ what: "a field name", maxLength: 128 }),
    kind: "list of fields",
    expected: "a field name, or a list of field names; [] for none",
    max: MAX_VALUES,
    mayBeEmpty: true,
  }).optional(),
  fields: eventFields.optional(),
  drop: flag().optional(),
}, "a route: a mapping such as {topic: nginx, index: web}");

/** Routes of a source. */
export const routes: z.ZodArray<typeof routeItem> = z.array(routeItem, {
  error: "a list of routes",
})
  .max(MAX_ROUTES, { error: `at most ${MAX_ROUTES} routes` });
typeNotes.set(routes, { kind: "list of routes", expected: "a list of routes" });
