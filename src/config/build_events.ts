import type { EventRoute, EventText, EventTextPart, EventValues } from "../core/event_values.ts";
import type { OptionsOf } from "./schema/names.ts";
import type { routeItem } from "./schema/routes.ts";
import type { sourceItem } from "./schema/sources.ts";
import type { Template, TemplatePart } from "./types/templates.ts";

/** Names of the options that events are made of. */
export const EVENT_OPTIONS = [
  "host",
  "source",
  "sourcetype",
  "index",
  "expandJson",
  "fields",
  "routes",
] as const;

/** The options that events are made of. */
export type EventOptions = Pick<OptionsOf<typeof sourceItem>, typeof EVENT_OPTIONS[number]>;

/** What `${project}` and `${logstore}` stand for. */
export interface Names {
  /** SLS project. */
  readonly project: string;
  /** SLS logstore. */
  readonly logstore: string;
}

/**
 * What the events of a source have in common.
 * @param options Of the source.
 * @param names Of its logstore.
 */
export function eventValues(options: EventOptions, names: Names): EventValues {
  const { host, source, sourcetype, index, fields, expandJson } = options;
  return {
    host: host === undefined ? [{ of: "source" }] : textOf(host, names),
    source: source === undefined
      ? [`sls:${names.project}/${names.logstore}`]
      : textOf(source, names),
    sourcetype: fixedTextOf(sourcetype),
    index: index && textOf(index, names),
    fields: fieldsOf(fields, names),
    expandJson: Object.fromEntries(expandJson),
  };
}

/**
 * The routes of a source, each with all of its values.
 * @param options Of the source.
 * @param names Of its logstore.
 */
export function eventRoutes(options: EventOptions, names: Names): EventRoute[] {
  const below = eventValues(options, names);
  return (options.routes ?? []).map((route) => ({
    topic: route.topic,
    tag: route.tag ?? {},
    values: route.drop ? "drop" : routeValues(route, below, names),
  }));
}

function routeValues(
  { host, source, sourcetype, index, fields, expandJson }: OptionsOf<typeof routeItem>,
  below: EventValues,
  names: Names,
): EventValues {
  return {
    host: host === undefined ? below.host : textOf(host, names),
    source: source === undefined ? below.source : textOf(source, names),
    sourcetype: sourcetype === undefined ? below.sourcetype : fixedTextOf(sourcetype),
    index: index === undefined ? below.index : textOf(index, names),
    fields: { ...below.fields, ...fieldsOf(fields, names) },
    expandJson: expandJson ?? below.expandJson,
  };
}

function fieldsOf(
  fields: Readonly<Record<string, Template>> = {},
  names: Names,
): Record<string, EventText> {
  const entries = Object.entries(fields).map(([name, text]) => [name, textOf(text, names) ?? []]);
  return Object.fromEntries(entries);
}

function fixedTextOf(text: string | undefined): EventText | undefined {
  return text === undefined || text === "none" ? undefined : [text];
}

function textOf(template: Template, names: Names): EventText | undefined {
  if (template === "none") return undefined;
  const parts: EventTextPart[] = [];
  for (const written of template) {
    const part = partOf(written, names);
    const before = parts.at(-1);
    if (typeof part === "string" && typeof before === "string") parts.splice(-1, 1, before + part);
    else parts.push(part);
  }
  return parts;
}

function partOf(part: TemplatePart, names: Names): EventTextPart {
  if (typeof part === "string") return part;
  if (part.of === "project") return names.project;
  return part.of === "logstore" ? names.logstore : part;
}
