import type { CoreMapping } from "./core_page.ts";

/** How the logs of one source become events. */
export interface EventMapping {
  /** Fixed `host` of every event; without it the log group's `__source__` is the host. */
  readonly host?: string | undefined;
  readonly source?: string | undefined;
  /** Without it the HEC token's own sourcetype applies. */
  readonly sourcetype?: string | undefined;
  /** Without it the HEC token's own index applies. */
  readonly index?: string | undefined;
  /** `text` makes the event a string that holds the JSON, as the vendor's sample sends it. */
  readonly eventFormat: "object" | "text";
  /** By topic, the content keys whose values are spliced into the event if they are valid JSON. */
  readonly expandJson: Readonly<Record<string, readonly string[]>>;
  /** Start of the indexed field `sls_id`, such as `project/logstore/3/`; without it there is no such field. */
  readonly eventIdPrefix?: string | undefined;
}

const utf8 = new TextEncoder();

/** Prepares a mapping once, so that the core only has to copy. */
export function mappingBytes(mapping: EventMapping): CoreMapping {
  const member = (key: string, value: string | undefined): string =>
    value === undefined ? "" : `,"${key}":${jsonString(value)}`;
  return {
    host: utf8.encode(member("host", mapping.host)),
    metadata: utf8.encode(
      member("source", mapping.source) + member("sourcetype", mapping.sourcetype) +
        member("index", mapping.index),
    ),
    id: utf8.encode(
      mapping.eventIdPrefix === undefined
        ? ""
        : `,"fields":{"sls_id":${jsonString(mapping.eventIdPrefix).slice(0, -1)}`,
    ),
    asText: mapping.eventFormat === "text",
    expand: expandTable(mapping.expandJson),
  };
}

/** Ids for lists of keys: the core has a trie of known keys for each. */
const keyLists = new Map<string, number>();

/** Topics and keys as the core reads them: see `src/core/assembly/mapping.ts`. */
function expandTable(expandJson: EventMapping["expandJson"]): Uint8Array {
  const bytes: number[] = [];
  for (const [topic, keys] of Object.entries(expandJson)) {
    const list = JSON.stringify(keys);
    const id = keyLists.get(list) ?? keyLists.size + 1;
    keyLists.set(list, id);
    const name = utf8.encode(topic);
    const entry = [...uint32(id), ...uint32(name.length), ...name];
    for (const key of keys) {
      const written = utf8.encode(jsonString(key).slice(1, -1));
      entry.push(...uint32(written.length), ...written);
    }
    bytes.push(...uint32(entry.length + 4), ...entry);
  }
  return new Uint8Array(bytes);
}

function uint32(value: number): number[] {
  return [value & 255, value >> 8 & 255, value >> 16 & 255, value >>> 24];
}

/** A JSON string that is also well formed: a lone surrogate has no UTF-8. */
function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
