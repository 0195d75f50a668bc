import { ByteBuffer } from "../base/byte_buffer.ts";
import { jsonTextRoom, writeJsonText } from "./json_text.ts";
import { Members } from "./members.ts";
import type { RouteBytes } from "./route.ts";
import type { WireReader } from "./wire_reader.ts";

const utf8 = new TextEncoder();
const TOPIC_KEY = utf8.encode("__topic__");
const SOURCE_KEY = utf8.encode("__source__");
const TAG_PREFIX = utf8.encode("__tag__:");
const NOTHING = new Uint8Array(0);
const HOST_START = utf8.encode(',"host":');
const EVENT_START = utf8.encode(',"event":{');
const NO_KEYS: readonly Uint8Array[] = [];

// Tags of the wire format: field number << 3 | wire type.
const TOPIC = 3 << 3 | 2;
const SOURCE = 4 << 3 | 2;
const LOG_TAG = 6 << 3 | 2;
const TAG_KEY = 1 << 3 | 2;
const TAG_VALUE = 2 << 3 | 2;

/** What all logs of one log group share, written once: topic, source and tags stand behind the logs. */
export class GroupHead {
  /** Members of every event of the group: `__topic__`, `__source__` and the tags. */
  readonly members = new Members();
  /** From `,"host":` up to where the log's number goes, or up to the event when there is no event id. */
  readonly envelope = new ByteBuffer(1024);
  /** `"},"event":{` or `,"event":{`: what comes between the log's number and its members. */
  readonly eventStart: Uint8Array;
  /** The written members of the group, `"__topic__":"…",…`. */
  readonly body = new ByteBuffer(1024);
  /** Content keys, as they are written, whose values this group's topic expands. */
  expandKeys: readonly Uint8Array[] = NO_KEYS;

  readonly #route: RouteBytes;
  #topicAt = 0;
  #topicEnd = 0;
  #sourceAt = 0;
  #sourceEnd = 0;

  constructor(route: RouteBytes) {
    this.#route = route;
    const start = route.asText ? utf8.encode(',"event":"') : EVENT_START;
    this.eventStart = route.eventId ? concat(utf8.encode('"}'), start) : start;
  }

  /**
   * Reads the group that lies from the reader's place to `end`; the reader's place is left anywhere.
   * @param idTail Behind the route's event id: the group's cursor and `#`. Ignored without an event id.
   */
  read(reader: WireReader, end: number, idTail: Uint8Array): void {
    this.#skim(reader, end);
    this.members.mark();
    this.#writeBody(reader.bytes);
    this.#writeEnvelope(reader.bytes, idTail);
    this.expandKeys = this.#findExpandKeys(reader.bytes);
  }

  #skim(reader: WireReader, end: number): void {
    const start = reader.at;
    this.#topicAt =
      this.#topicEnd =
      this.#sourceAt =
      this.#sourceEnd =
        start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === TOPIC) {
        const length = reader.length(end);
        this.#topicAt = reader.at;
        this.#topicEnd = reader.at += length;
      } else if (tag === SOURCE) {
        const length = reader.length(end);
        this.#sourceAt = reader.at;
        this.#sourceEnd = reader.at += length;
      } else reader.skip(tag, end);
    }
    const { bytes } = reader;
    this.members.clear();
    this.members.add(TOPIC_KEY, NOTHING, 0, 0, this.#topicAt, this.#topicEnd);
    this.members.add(SOURCE_KEY, NOTHING, 0, 0, this.#sourceAt, this.#sourceEnd);
    reader.at = start;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === LOG_TAG) this.#addTag(reader, bytes, end);
      else reader.skip(tag, end);
    }
  }

  #addTag(reader: WireReader, bytes: Uint8Array, groupEnd: number): void {
    const length = reader.length(groupEnd);
    const end = reader.at + length;
    let keyAt = end, keyEnd = end, valueAt = end, valueEnd = end;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === TAG_KEY || tag === TAG_VALUE) {
        const size = reader.length(end);
        if (tag === TAG_KEY) [keyAt, keyEnd] = [reader.at, reader.at + size];
        else [valueAt, valueEnd] = [reader.at, reader.at + size];
        reader.at += size;
      } else reader.skip(tag, end);
    }
    this.members.add(TAG_PREFIX, bytes, keyAt, keyEnd, valueAt, valueEnd);
  }

  #writeBody(page: Uint8Array): void {
    const { body, members } = this;
    body.clear();
    for (let member = 0; member < members.count; member++) {
      if (member > 0) body.append(COMMA);
      body.append(members.keys.view(members.keyStart[member], members.keyStart[member + 1]));
      appendJsonString(body, page, members.valueStart[member]!, members.valueEnd[member]!);
    }
  }

  #writeEnvelope(page: Uint8Array, idTail: Uint8Array): void {
    const { envelope } = this;
    envelope.clear();
    if (this.#route.host) envelope.append(this.#route.host);
    else if (this.#sourceEnd > this.#sourceAt) { // an empty host would hide the token's own
      envelope.append(HOST_START);
      appendJsonString(envelope, page, this.#sourceAt, this.#sourceEnd);
    }
    envelope.append(this.#route.metadata);
    if (this.#route.eventId) {
      envelope.append(this.#route.eventId);
      envelope.append(idTail);
    }
  }

  #findExpandKeys(page: Uint8Array): readonly Uint8Array[] {
    const at = this.#topicAt;
    const length = this.#topicEnd - at;
    return this.#route.expand.find(({ topic }) =>
      topic.length === length && topic.every((byte, i) => page[at + i] === byte)
    )?.keys ?? NO_KEYS;
  }
}

const COMMA = utf8.encode(",");

function appendJsonString(out: ByteBuffer, page: Uint8Array, at: number, end: number): void {
  out.ensure(jsonTextRoom(page, at, end) + 2);
  out.bytes[out.length++] = 0x22;
  out.length = writeJsonText(page, at, end, out.bytes, out.length);
  out.bytes[out.length++] = 0x22;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
