import type { CoreMapping } from "./core_page.ts";
import { isFixed, jsonString, rulesTable, uint32 } from "./event_rules.ts";
import type { EventRoute, EventText, EventValues } from "./event_values.ts";

/** How the logs of one source become events. */
export interface EventMapping extends EventValues {
  /** For log groups that are to have other values, or none. */
  readonly routes: readonly EventRoute[];
  /** The index of events whose templated index is the name of no index. */
  readonly fallbackIndex?: string | undefined;
  /** `text` makes the event a string that holds the JSON, as the vendor's sample sends it. */
  readonly eventFormat: "object" | "text";
  /** Start of the indexed field `sls_id`, such as `project/logstore/3/`; without it there is no such field. */
  readonly eventIdPrefix?: string | undefined;
}

const utf8 = new TextEncoder();

/** Prepares a mapping once, so that the core only has to copy. */
export function mappingBytes(mapping: EventMapping): CoreMapping {
  const { host, source, sourcetype, index, routes, fallbackIndex } = mapping;
  const isOfGroup = host?.length === 1 && typeof host[0] === "object" && host[0].of === "source";
  const texts = [source, sourcetype, index];
  const isPlain = routes.length === 0 && Object.keys(mapping.fields).length === 0 &&
    (isOfGroup || host !== undefined && isFixed(host) && host.join("") !== "") &&
    texts.every(isFixed) && !Array.isArray(mapping.expandJson);
  const member = (key: string, value: EventText | undefined): string =>
    value === undefined || value.join("") === "" ? "" : `,"${key}":${jsonString(value.join(""))}`;
  return {
    host: utf8.encode(isPlain && !isOfGroup ? member("host", host) : ""),
    metadata: utf8.encode(
      isPlain
        ? member("source", source) + member("sourcetype", sourcetype) + member("index", index)
        : "",
    ),
    id: utf8.encode(
      mapping.eventIdPrefix === undefined
        ? ""
        : `,"fields":{"sls_id":${jsonString(mapping.eventIdPrefix).slice(0, -1)}`,
    ),
    asText: mapping.eventFormat === "text",
    expand: expandTable(mapping.expandJson),
    rules: isPlain
      ? new Uint8Array()
      : rulesTable(mapping, routes, { fallbackIndex, expandEntry: (keys) => entryOf("", keys) }),
  };
}

/** Ids for lists of keys: the core has a trie of known keys for each. */
const keyLists = new Map<string, number>();

/** Topics and keys as the core reads them: see `src/core/assembly/mapping.ts`. */
function expandTable(expandJson: EventMapping["expandJson"]): Uint8Array {
  if (Array.isArray(expandJson)) return new Uint8Array(); // it is among the rules
  return new Uint8Array(
    Object.entries(expandJson).flatMap(([topic, keys]) => entryOf(topic, keys)),
  );
}

function entryOf(topic: string, keys: readonly string[]): number[] {
  const list = JSON.stringify(keys);
  const id = keyLists.get(list) ?? keyLists.size + 1;
  keyLists.set(list, id);
  const name = utf8.encode(topic);
  const entry = [...uint32(id), ...uint32(name.length), ...name];
  for (const key of keys) {
    const written = utf8.encode(jsonString(key).slice(1, -1));
    entry.push(...uint32(written.length), ...written);
  }
  return [...uint32(entry.length + 4), ...entry];
}
