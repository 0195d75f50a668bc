// How the logs of the page become events. The host sets it before each page, as bytes ready to copy.

/** `,"host":"…"`; empty when the host comes from the log group. */
export let hostAt: usize = 0;
export let hostLength: u32 = 0;
/** `,"source":"…","sourcetype":"…","index":"…"`, as far as they are set. */
export let metadataAt: usize = 0;
export let metadataLength: u32 = 0;
/** `,"fields":{"sls_id":"project/logstore/shard/`; empty when events have no id. */
export let idAt: usize = 0;
export let idLength: u32 = 0;
/** Decimal digits of the first log group's cursor, or what ids have instead of a cursor, escaped. */
export let cursorAt: usize = 0;
export let cursorLength: u32 = 0;
/** Whether each log group has its own cursor, one more than the group before. */
export let cursorCounts: bool = false;
/** Whether an event is a string that holds the JSON. */
export let asText: bool = false;

// Topics whose logs have values to expand, adjacent: u32 length of the entry | u32 id of its
// keys | u32 topic length | topic | keys, each u32 length | the key as written.
let expandAt: usize = 0;
let expandEnd: usize = 0;

/** The table of routes and templates: see `routes.ts`. 0 when host and metadata are ready to copy. */
export let rulesAt: usize = 0;

/** Sets the mapping; its parts are adjacent, from `at` on. */
export function setMapping(
  at: usize,
  host: u32,
  metadata: u32,
  id: u32,
  cursor: u32,
  expand: u32,
  rules: u32,
  counts: bool,
  text: bool,
): void {
  hostAt = at;
  hostLength = host;
  metadataAt = hostAt + host;
  metadataLength = metadata;
  idAt = metadataAt + metadata;
  idLength = id;
  cursorAt = idAt + id;
  cursorLength = cursor;
  expandAt = cursorAt + cursor;
  expandEnd = expandAt + expand;
  rulesAt = rules == 0 ? 0 : expandEnd;
  cursorCounts = counts;
  asText = text;
}

/** Address of a topic's entry; 0 when it has none. */
export function expandEntry(topic: usize, length: u32): usize {
  for (let p = expandAt; p < expandEnd; p += load<u32>(p)) {
    if (load<u32>(p, 8) == length && memory.compare(p + 12, topic, length) == 0) return p;
  }
  return 0;
}

/** Id of an entry's keys: equal for entries with the same keys, 0 for no entry. */
export function expandId(entry: usize): u32 {
  return entry == 0 ? 0 : load<u32>(entry, 4);
}

/** Whether an entry has a key, given as written. */
export function expands(entry: usize, key: usize, length: u32): bool {
  if (entry == 0) return false;
  const end = entry + load<u32>(entry);
  for (let p = entry + 12 + load<u32>(entry, 8); p < end; p += 4 + load<u32>(p)) {
    if (load<u32>(p) == length && memory.compare(p + 4, key, length) == 0) return true;
  }
  return false;
}
