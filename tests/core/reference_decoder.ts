import type { EventMapping } from "../../src/core/event_format.ts";
import type { EventText, EventValues } from "../../src/core/event_values.ts";

/**
 * What a page must become, written for clearness and not for speed, and sharing no code with the
 * core: protobuf's rules for reading a message, the vendor's Python flattening for the log, and
 * `JSON.stringify` for the text.
 */

/** The reference's own word for bytes that are not a message. */
export class NotAMessage extends Error {
  override name = "NotAMessage";
}

interface Field {
  readonly number: number;
  readonly type: number;
  /** Of a varint or four bytes. */
  readonly value: bigint;
  /** Of a length-prefixed field. */
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Containers inside one another that are still spliced. */
const MAX_DEPTH = 512;

/** The position of a page in its shard, for the event ids. */
export interface PagePosition {
  /** Cursor number of the first log group; undefined when only the page has a cursor. */
  readonly firstGroup: bigint | undefined;
  readonly pageCursor: string;
}

/** An event, and whether it only stands for a log that is not a message. */
export interface ReferenceEvent {
  readonly text: string;
  readonly malformed: boolean;
}

/**
 * The events of a page, in order.
 * @throws {NotAMessage} when the frame of the page, a log group or a tag is broken.
 */
export function referenceEvents(
  page: Uint8Array,
  mapping: EventMapping,
  position: PagePosition,
): ReferenceEvent[] {
  const events: ReferenceEvent[] = [];
  let groups = 0;
  let logs = 0;
  for (const group of messages(page, 1)) {
    const fields = [...fieldsOf(group)];
    const topic = lastText(fields, 3);
    const source = lastText(fields, 4);
    const shared = new Map([["__topic__", topic], ["__source__", source]]);
    for (const tag of all(fields, 6)) {
      const parts = [...fieldsOf(tag)];
      shared.set(`__tag__:${lastText(parts, 1)}`, lastText(parts, 2));
    }
    const cursor = position.firstGroup === undefined
      ? position.pageCursor
      : `${position.firstGroup + BigInt(groups)}`;
    if (position.firstGroup !== undefined) logs = 0;
    groups++;
    const values = valuesOf(mapping, shared);
    for (const log of all(fields, 1)) {
      const id = `${mapping.eventIdPrefix}${cursor}#${logs++}`;
      if (values === "drop") continue;
      events.push(event(log, { shared, topic, source, id }, values, mapping));
    }
  }
  return events;
}

function event(
  log: Uint8Array,
  { shared, topic, id }: {
    shared: ReadonlyMap<string, string>;
    topic: string;
    source: string;
    id: string;
  },
  values: EventValues,
  mapping: EventMapping,
): ReferenceEvent {
  const members = new Map([...shared].map(([key, value]) => [key, JSON.stringify(value)]));
  const byTopic: Readonly<Record<string, readonly string[]>> = Array.isArray(mapping.expandJson)
    ? {}
    : mapping.expandJson as Readonly<Record<string, readonly string[]>>;
  const expandKeys = Array.isArray(values.expandJson)
    ? values.expandJson
    : Object.hasOwn(byTopic, topic)
    ? byTopic[topic] ?? []
    : [];
  const fields: Field[] = [];
  const contents = new Map<string, string>();
  let malformed = false;
  try {
    for (const field of fieldsOf(log)) {
      if (field.number === 2 && field.type === 2) {
        const parts = [...fieldsOf(field.bytes)];
        const key = lastText(parts, 1);
        const value = lastText(parts, 2);
        const expanded = expandKeys.includes(key) && isSpliceable(value);
        contents.set(key, expanded ? withoutLoneSurrogates(value) : JSON.stringify(value));
      }
      fields.push(field);
    }
  } catch (error) {
    if (!(error instanceof NotAMessage)) throw error;
    malformed = true;
  }
  if (malformed) members.set("sls2hec_malformed_log", JSON.stringify(log.toHex()));
  else for (const [key, value] of contents) members.set(key, value);
  const object = `{${
    [...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")
  }}`;
  const written = (text: EventText | undefined) => textOf(text, shared);
  const index = written(values.index);
  const impossible = index !== undefined &&
    values.index!.some((part) => typeof part !== "string") &&
    (!/^[a-z0-9][a-z0-9_-]*$/.test(index) || index.includes("kvstore"));
  const constant = Object.entries(values.fields).map(([name, text]) =>
    [name, written(text)] as const
  )
    .filter(([, text]) => text !== undefined);
  const indexed: (readonly [string, string | undefined])[] = [
    ...(mapping.eventIdPrefix === undefined ? [] : [["sls_id", id] as const]),
    ...constant,
  ];
  const envelope: [string, string | undefined][] = [
    ["time", timeOf(fields)],
    ["host", quote(written(values.host))],
    ["source", quote(written(values.source))],
    ["sourcetype", quote(written(values.sourcetype))],
    ["index", quote(impossible ? mapping.fallbackIndex : index)],
    [
      "fields",
      indexed.length === 0
        ? undefined
        : `{${indexed.map(([name, text]) => `${quote(name)}:${quote(text)}`).join(",")}}`,
    ],
    ["event", mapping.eventFormat === "text" ? JSON.stringify(object) : object],
  ];
  const text = `{${
    envelope.filter(([, value]) => value !== undefined).map(([key, value]) => `"${key}":${value}`)
      .join(",")
  }}`;
  return { text, malformed };
}

/** The values of the first route that a group matches, or the mapping's own. */
function valuesOf(
  mapping: EventMapping,
  shared: ReadonlyMap<string, string>,
): EventValues | "drop" {
  const matches = (patterns: readonly string[], text: string | undefined) =>
    text !== undefined && patterns.some((pattern) => {
      const parts = pattern.split("*").map((part) => RegExp.escape(part));
      return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
    });
  const route = mapping.routes.find(({ topic, tag }) =>
    (topic === undefined || matches(topic, shared.get("__topic__"))) &&
    Object.entries(tag).every(([name, patterns]) =>
      matches(patterns, shared.get(`__tag__:${name}`))
    )
  );
  return route ? route.values : mapping;
}

function textOf(
  text: EventText | undefined,
  shared: ReadonlyMap<string, string>,
): string | undefined {
  const written = text?.map((part) => {
    if (typeof part === "string") return part;
    return shared.get(part.of === "tag" ? `__tag__:${part.name}` : `__${part.of}__`) ?? "";
  }).join("");
  return written === "" ? undefined : written;
}

function quote(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text.toWellFormed());
}

function timeOf(fields: readonly Field[]): string {
  const seconds = fields.findLast(({ number, type }) => number === 1 && type === 0)?.value ?? 0n;
  const ns = fields.findLast(({ number, type }) => number === 4 && type === 5)?.value;
  const text = `${BigInt.asUintN(32, seconds)}`;
  return ns === undefined || ns > 999_999_999n ? text : `${text}.${`${ns}`.padStart(9, "0")}`;
}

/** JSON whose escapes of single surrogates are escapes of U+FFFD. */
function withoutLoneSurrogates(json: string): string {
  const escapes = /\\u(d[89ab]..\\u)(d[c-f]..)|\\u(d[89a-f]..)|\\./gis;
  return json.replace(escapes, (all, _high, _low, lone) => lone === undefined ? all : "\\ufffd");
}

/** Whether a value is JSON, and nested no deeper than a splice goes. */
function isSpliceable(text: string): boolean {
  try {
    JSON.parse(text);
  } catch {
    return false;
  }
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest <= MAX_DEPTH;
}

/** The length-prefixed fields of a message with that number, as they are met. */
function* messages(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  for (const { number, type, bytes } of fieldsOf(message)) {
    if (number === wanted && type === 2) yield bytes;
  }
}

function all(fields: readonly Field[], wanted: number): Uint8Array[] {
  return fields.filter(({ number, type }) => number === wanted && type === 2)
    .map(({ bytes }) => bytes);
}

function lastText(fields: readonly Field[], wanted: number): string {
  const bytes = all(fields, wanted).at(-1) ?? NO_BYTES;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0n; i < 10n; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new NotAMessage("cut varint");
      value |= BigInt(byte & 127) << (i * 7n);
      if (byte < 128) return value;
    }
    throw new NotAMessage("long varint");
  };
  const take = (count: number): Uint8Array => {
    if (count > message.length - at) throw new NotAMessage("cut field");
    return message.subarray(at, at += count);
  };
  while (at < message.length) {
    const tag = varint();
    if (tag < 8n || tag > 0xffffffffn) throw new NotAMessage("field number");
    const number = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (type === 0) yield { number, type, value: varint(), bytes: NO_BYTES };
    else if (type === 1) yield { number, type, value: 0n, bytes: take(8) };
    else if (type === 2) yield { number, type, value: 0n, bytes: take(Number(varint())) };
    else if (type === 5) yield { number, type, value: littleEndian(take(4)), bytes: NO_BYTES };
    else throw new NotAMessage(`wire type ${type}`);
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true));
}
