import { ByteBuffer } from "../base/byte_buffer.ts";
import { GroupHead } from "./group_head.ts";
import { jsonTextLength, MAX_GROWTH, MEASURE_ABOVE_BYTES, writeJsonText } from "./json_text.ts";
import { Contents, type KeySequence, KeySequences } from "./key_sequences.ts";
import { type Route, routeBytes } from "./route.ts";
import { writeDecimal, writeEventTime } from "./time_text.ts";
import { WireReader } from "./wire_reader.ts";
import { isOneOf, writeValue } from "./write_value.ts";

// Tags of the wire format: field number << 3 | wire type.
const LOG_GROUP = 1 << 3 | 2;
const LOG = 1 << 3 | 2;
const TIME = 1 << 3 | 0;
const CONTENT = 2 << 3 | 2;
const TIME_NS = 4 << 3 | 5;
const CONTENT_KEY = 1 << 3 | 2;
const CONTENT_VALUE = 2 << 3 | 2;

const NO_BYTES = new Uint8Array(0);
/** `{"time":`, twenty digits, quotes and braces around the members: never more than this. */
const FRAME_ROOM = 96;

/** Where a page stands in its shard, for the event ids. */
export interface PagePosition {
  /**
   * Cursor number of the page's first log group, when each further group's is one more; undefined when
   * the server filtered, so that only the page itself has a place.
   */
  readonly firstGroup: bigint | undefined;
  /** What the ids carry in place of a group's cursor then. */
  readonly pageCursor: string;
}

/**
 * Turns the LogGroupList bytes of a page into HEC events, one call an event, in one pass and without an
 * object per log.
 *
 * An event is `{"time":…,"host":…,"source":…,"sourcetype":…,"index":…,"event":{…}}`, where the event
 * holds `__topic__`, `__source__`, the tags as `__tag__:KEY` and the contents; a repeated key keeps its
 * last value. The envelope comes from the route and the log group, never from a content key.
 */
export class PageTranscoder {
  readonly #reader = new WireReader();
  readonly #head: GroupHead;
  readonly #contents = new Contents();
  readonly #sequences = new KeySequences();
  readonly #asText: boolean;
  readonly #hasEventId: boolean;
  readonly #scratch = new ByteBuffer(4096);
  #position: PagePosition = { firstGroup: undefined, pageCursor: "" };
  #pageEnd = 0;
  #nextGroup = 0;
  #groupEnd = 0;
  #groupsRead = 0;
  #logNumber = 0;

  constructor(route: Route) {
    const bytes = routeBytes(route);
    this.#head = new GroupHead(bytes);
    this.#asText = bytes.asText;
    this.#hasEventId = bytes.eventId !== undefined;
  }

  /** Log groups of the page met so far. */
  get groupsRead(): number {
    return this.#groupsRead;
  }

  /** Starts a page of `length` bytes at the start of `page`, which must not change until it is done. */
  begin(page: Uint8Array, length: number, position: PagePosition): void {
    this.#reader.bytes = page;
    this.#reader.at = 0;
    this.#position = position;
    this.#pageEnd = length;
    this.#nextGroup = 0;
    this.#groupEnd = 0;
    this.#groupsRead = 0;
    this.#logNumber = 0;
  }

  /**
   * Writes the next log's event at the end of `out`.
   * @returns false, and writes nothing, at the end of the page.
   * @throws {MalformedPage} when the bytes are not a LogGroupList.
   */
  next(out: ByteBuffer): boolean {
    const reader = this.#reader;
    for (;;) {
      while (reader.at < this.#groupEnd) {
        const tag = reader.tag(this.#groupEnd);
        if (tag === LOG) {
          const end = reader.length(this.#groupEnd) + reader.at;
          this.#writeLog(end, out);
          return true;
        }
        reader.skip(tag, this.#groupEnd);
      }
      if (!this.#openNextGroup()) return false;
    }
  }

  /** Reads on to the next log group and its head. */
  #openNextGroup(): boolean {
    const reader = this.#reader;
    reader.at = this.#nextGroup;
    while (reader.at < this.#pageEnd) {
      const tag = reader.tag(this.#pageEnd);
      if (tag !== LOG_GROUP) {
        reader.skip(tag, this.#pageEnd);
        continue;
      }
      const length = reader.length(this.#pageEnd);
      const start = reader.at;
      this.#groupsRead++;
      this.#groupEnd = this.#nextGroup = start + length;
      this.#head.read(reader, this.#groupEnd, this.#hasEventId ? this.#idTail() : NO_BYTES);
      reader.at = start;
      return true;
    }
    this.#groupEnd = this.#nextGroup = this.#pageEnd;
    return false;
  }

  #idTail(): Uint8Array {
    const { firstGroup, pageCursor } = this.#position;
    // Without a cursor of its own, a group's logs are counted through the page.
    if (firstGroup !== undefined) this.#logNumber = 0;
    const cursor = firstGroup === undefined
      ? pageCursor
      : firstGroup + BigInt(this.#groupsRead - 1);
    // Escaped, as it goes into the middle of a JSON string and a cursor is what the server says it is.
    return new TextEncoder().encode(`${JSON.stringify(`${cursor}`).slice(1, -1)}#`);
  }

  #writeLog(end: number, out: ByteBuffer): void {
    const reader = this.#reader;
    const contents = this.#contents;
    const start = reader.at;
    let timeSec = 0;
    let timeNs = -1;
    contents.count = 0;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === CONTENT) this.#readContent(reader.length(end) + reader.at);
      else if (tag === TIME) timeSec = reader.varint(end);
      else if (tag === TIME_NS) timeNs = reader.fixed32(end);
      else reader.skip(tag, end);
    }

    const head = this.#head;
    out.ensure(FRAME_ROOM + head.envelope.length + head.eventStart.length);
    out.length = writeEventTime(timeSec, timeNs, out.bytes, out.length);
    out.appendRange(head.envelope.bytes, 0, head.envelope.length);
    if (this.#hasEventId) {
      out.ensure(FRAME_ROOM);
      out.length = writeDecimal(this.#logNumber++, out.bytes, out.length);
    }
    out.appendRange(head.eventStart, 0, head.eventStart.length);
    if (!this.#asText) return this.#writeMembers(start, end, out);

    const scratch = this.#scratch;
    scratch.clear();
    scratch.bytes[scratch.length++] = 0x7b;
    this.#writeMembers(start, end, scratch);
    const textEnd = scratch.length - 1; // without the envelope's brace
    out.ensure(jsonTextLength(scratch.bytes, 0, textEnd) + 2);
    out.length = writeJsonText(scratch.bytes, 0, textEnd, out.bytes, out.length);
    out.bytes[out.length++] = 0x22;
    out.bytes[out.length++] = 0x7d;
  }

  #readContent(end: number): void {
    const reader = this.#reader;
    let keyAt = end, keyEnd = end, valueAt = end, valueEnd = end;
    while (reader.at < end) {
      const tag = reader.tag(end);
      if (tag === CONTENT_KEY) {
        const length = reader.length(end);
        keyAt = reader.at;
        keyEnd = reader.at = keyAt + length;
      } else if (tag === CONTENT_VALUE) {
        const length = reader.length(end);
        valueAt = reader.at;
        valueEnd = reader.at = valueAt + length;
      } else reader.skip(tag, end);
    }
    this.#contents.add(keyAt, keyEnd, valueAt, valueEnd);
  }

  /** Writes all members and the two closing braces. */
  #writeMembers(start: number, end: number, out: ByteBuffer): void {
    const page = this.#reader.bytes;
    const sequence = this.#sequences.find(page, this.#contents);
    if (sequence) this.#writeLike(sequence, start, end, out);
    else this.#writeAny(start, end, out);
    out.ensure(2);
    out.bytes[out.length++] = 0x7d;
    out.bytes[out.length++] = 0x7d;
  }

  /** The common way: the keys are those of an earlier log and known not to repeat. */
  #writeLike(sequence: KeySequence, start: number, end: number, out: ByteBuffer): void {
    const page = this.#reader.bytes;
    const { body, expandKeys } = this.#head;
    const contents = this.#contents;
    out.appendRange(body.bytes, 0, body.length);
    const measured = end - start > MEASURE_ABOVE_BYTES;
    if (!measured) {
      out.ensure((end - start) * MAX_GROWTH + sequence.written.length + contents.count);
    }
    const written = sequence.written.bytes;
    for (let i = 0; i < contents.count; i++) {
      const from = sequence.writtenStart[i]!;
      const to = sequence.writtenStart[i + 1]!;
      if (measured) out.ensure(to - from);
      const bytes = out.bytes;
      let at = out.length;
      for (let k = from; k < to; k++) bytes[at++] = written[k]!;
      out.length = at - 1; // the value writes its own opening quote
      const expand = expandKeys.length > 0 && isOneOf(expandKeys, written, from + 2, to - 3);
      writeValue(page, contents.valueAt[i]!, contents.valueEnd[i]!, expand, measured, out);
    }
  }

  /** The general way, which is also the specification: any keys, repeated or not. */
  #writeAny(start: number, end: number, out: ByteBuffer): void {
    const page = this.#reader.bytes;
    const contents = this.#contents;
    const { members, expandKeys } = this.#head;
    const groupMembers = members.count;
    for (let i = 0; i < contents.count; i++) {
      members.add(
        NO_BYTES,
        page,
        contents.keyAt[i]!,
        contents.keyEnd[i]!,
        contents.valueAt[i]!,
        contents.valueEnd[i]!,
      );
    }
    for (let member = 0; member < members.count; member++) {
      out.ensure(1);
      if (member > 0) out.bytes[out.length++] = 0x2c;
      out.appendRange(
        members.keys.bytes,
        members.keyStart[member]!,
        members.keyStart[member + 1]!,
      );
      const valueAt = members.valueStart[member]!;
      const isContent = valueAt >= start && valueAt <= end; // the group's own lie outside the log
      const expand = expandKeys.length > 0 && isContent && this.#memberExpands(member);
      writeValue(page, valueAt, members.valueEnd[member]!, expand, true, out);
    }
    if (members.count === groupMembers + contents.count) {
      this.#sequences.remember(page, contents, members, groupMembers);
    }
    members.reset(); // also where a content took the place of a group's value
  }

  #memberExpands(member: number): boolean {
    const { members, expandKeys } = this.#head;
    const from = members.keyStart[member]! + 1; // without the quote before and `":` behind
    return isOneOf(expandKeys, members.keys.bytes, from, members.keyStart[member + 1]! - 2);
  }
}
