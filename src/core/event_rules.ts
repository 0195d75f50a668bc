import type { EventRoute, EventText, EventTextPart, EventValues } from "./event_values.ts";

/** Routes and templates as the core reads them; the table is described in `assembly/routes.ts`. */

const ANY = 0xffffffff;
const PART = { literal: 1, topic: 2, source: 3, tag: 4, member: 5, end: 6, endIndex: 7 } as const;

const utf8 = new TextEncoder();

/** How a value set is written. */
export interface RuleContext {
  /** Where events go whose templated index is the name of no index. */
  readonly fallbackIndex: string | undefined;
  /** The entry of the core's table of keys to expand, for a list that applies whatever the topic. */
  readonly expandEntry: (keys: readonly string[]) => readonly number[];
}

/** The table of routes and of the values of all other groups. */
export function rulesTable(
  own: EventValues,
  routes: readonly EventRoute[],
  context: RuleContext,
): Uint8Array {
  const values = [own, ...routes.map(({ values }) => values)];
  const sets = values.map((each) => valueSet(each, context));
  const written = routes.map(({ topic, tag }, at) => {
    const conditions = [...topicCondition(topic), ...tagConditions(tag)];
    const set = sets[at + 1]!;
    return [...uint32(4 + conditions.length + set.length), ...conditions, ...set];
  });
  return new Uint8Array([
    ...uint32(Math.max(...values.map(usesOf))),
    ...uint32(Math.max(...sets.map(({ length }) => length))),
    ...uint32(routes.length),
    ...written.flat(),
    ...sets[0]!,
  ]);
}

/** Whether a text is the same for all log groups. */
export function isFixed(text: EventText | undefined): boolean {
  return text === undefined || text.every((part) => typeof part === "string");
}

/** A JSON string that is also well formed: a lone surrogate has no UTF-8. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}

/** A number as the core reads it: four bytes, the lowest first. */
export function uint32(value: number): number[] {
  return [value & 255, value >> 8 & 255, value >> 16 & 255, value >>> 24];
}

function topicCondition(topics: readonly string[] | undefined): number[] {
  return topics === undefined ? uint32(ANY) : textList(topics);
}

function tagConditions(tags: EventRoute["tag"]): number[] {
  const entries = Object.entries(tags);
  return [
    ...uint32(entries.length),
    ...entries.flatMap(([name, values]) => [...text(name), ...textList(values)]),
  ];
}

function textList(texts: readonly string[]): number[] {
  return [...uint32(texts.length), ...texts.flatMap(text)];
}

function text(value: string): number[] {
  const bytes = utf8.encode(value);
  return [...uint32(bytes.length), ...bytes];
}

/** How often a value set has what a log group fills in. */
function usesOf(values: EventValues | "drop"): number {
  if (values === "drop") return 0;
  const { host, source, sourcetype, index, fields } = values;
  const texts = [host, source, sourcetype, index, ...Object.values(fields)];
  return texts.flatMap((text) => text ?? []).filter((part) => typeof part !== "string").length;
}

function valueSet(values: EventValues | "drop", context: RuleContext): number[] {
  if (values === "drop") return uint32(1);
  const { host, source, sourcetype, index, fields, expandJson } = values;
  const expand = Array.isArray(expandJson) ? context.expandEntry(expandJson) : [];
  const envelope = [
    ...member("host", host),
    ...member("source", source),
    ...member("sourcetype", sourcetype),
    ...member("index", index, context.fallbackIndex),
  ];
  const written = Object.entries(fields).flatMap(([name, value]) => member(name, value));
  return [
    ...uint32(0),
    ...uint32(expand.length),
    ...expand,
    ...uint32(envelope.length),
    ...envelope,
    ...uint32(written.length),
    ...written,
  ];
}

/**
 * @param fallback Of a templated index.
 */
function member(key: string, value: EventText | undefined, fallback?: string): number[] {
  if (value === undefined) return [];
  const start = `,${jsonString(key)}:"`;
  if (isFixed(value)) {
    const fixed = value.join("");
    return fixed === "" ? [] : [PART.literal, ...text(`${start}${inner(fixed)}"`)];
  }
  const end = fallback === undefined ? [PART.end] : [PART.endIndex, ...text(inner(fallback))];
  return [PART.member, ...text(start), ...value.flatMap(partOf), ...end];
}

function partOf(part: EventTextPart): number[] {
  if (typeof part === "string") return [PART.literal, ...text(inner(part))];
  return part.of === "tag" ? [PART.tag, ...text(part.name)] : [PART[part.of]];
}

function inner(value: string): string {
  return jsonString(value).slice(1, -1);
}
