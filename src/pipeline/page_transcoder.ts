import { type Clock, systemClock } from "../base/clock.ts";
import { decodeCursor } from "../base/cursor.ts";
import { core } from "../core/core.ts";
import type { CorePage } from "../core/core_page.ts";
import type { BatchBuffer } from "../core/batch_buffer.ts";
import { CorruptBody } from "../sls/decompress.ts";
import { MalformedPage } from "../core/malformed_page.ts";
import { type EventMapping, mappingBytes } from "../core/event_format.ts";
import type { OpenPage } from "./open_page.ts";

/** Limits of one batch. */
export interface BatchLimits {
  /** Bytes of events before compression; a single event may exceed it. */
  readonly maxBytes: number;
  readonly maxEvents: number;
  /** Bytes of one event; a larger one is parked or cut. */
  readonly maxEventBytes: number;
}

/** An event that cannot be sent as it is. */
export interface UnsendableEvent {
  readonly kind: "oversize" | "malformed";
  readonly envelope: Uint8Array;
  /** What is wrong with it. */
  readonly why: string;
}

/** Why filling a batch stopped. */
type FillEnd = "full" | "page_end" | UnsendableEvent;

const utf8 = new TextEncoder();

/** A log may be this much later than now: clocks differ, and some programs write local time. */
const AHEAD_SEC = 86_400;
const MAX_SEC = 2 ** 32 - 1;

/** Writes the events of one shard's pages, one page at a time, with the core. */
export class PageTranscoder {
  readonly #mapping: ReturnType<typeof mappingBytes>;
  readonly #limits: BatchLimits;
  readonly #clock: Clock;
  #page: CorePage | undefined;

  constructor(mapping: EventMapping, limits: BatchLimits, clock: Clock = systemClock) {
    this.#mapping = mappingBytes(mapping);
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Starts a page. Afterwards only single logs may still turn out malformed.
   * @throws {CorruptBody} when it does not decompress.
   * @throws {MalformedPage} when it is not a LogGroupList, or has not as many log groups as its header says.
   */
  begin({ body, isLz4, rawBytes, cursor, unfiltered, groupCount }: OpenPage): void {
    const first = unfiltered ? decodeCursor(cursor) : undefined;
    // Escaped, because it goes into a JSON string, and a server may send anything as a cursor.
    const inIds = first === undefined ? JSON.stringify(cursor).slice(1, -1) : `${first}`;
    this.#page = {
      body,
      isLz4,
      rawBytes,
      mapping: this.#mapping,
      cursor: utf8.encode(inIds),
      cursorCounts: first !== undefined,
      newestSec: Math.min(MAX_SEC, Math.floor(this.#clock.nowMs() / 1000) + AHEAD_SEC),
    };
    const groups = core.begin(this.#page);
    if (groups === "corrupt") {
      throw new CorruptBody(`its LZ4 block does not hold ${rawBytes} bytes (x-log-bodyrawsize)`);
    }
    if (groups === "malformed") throw new MalformedPage(core.failure.what, core.failure.offset);
    // A page cut between two groups is well formed; only the count shows it.
    if (groups !== groupCount) {
      throw new MalformedPage(
        `found ${groups} log groups, expected ${groupCount} (x-log-count),`,
        rawBytes,
      );
    }
  }

  /** Events of the last fill, an unsendable one included, with a time before 1990 or more than a day ahead. */
  get oddTimes(): number {
    return core.oddTimes;
  }

  /** Logs that the last fill passed over, because a route drops them. */
  get droppedLogs(): number {
    return core.droppedLogs;
  }

  /** Events of the last fill, an unsendable one included, whose index is none and became the fallback index. */
  get replacedIndexes(): number {
    return core.replacedIndexes;
  }

  /**
   * Writes the page's next events into a buffer.
   * @returns `full` when the buffer should be sent; an event that is too large or stands for a malformed log;
   * `page_end` when the page has no more events.
   */
  fill(buffer: BatchBuffer): FillEnd {
    const end = core.fill(this.#page!, buffer, this.#limits);
    if (end === "full" || end === "page_end") return end;
    const why = end === "oversize"
      ? `larger than hec.max_event_bytes (${this.#limits.maxEventBytes})`
      : `the log is malformed: ${core.failure.what}`;
    return { kind: end, envelope: core.rejected.slice(), why };
  }
}
