import { type Clock, systemClock } from "../base/clock.ts";
import { decodeCursor } from "../base/cursor.ts";
import { core } from "../core/core.ts";
import type { CorePage } from "../core/core_page.ts";
import type { BatchBuffer } from "../core/batch_buffer.ts";
import { CorruptBody } from "../sls/decompress.ts";
import { MalformedPage } from "../core/malformed_page.ts";
import { type EventMapping, mappingBytes } from "../core/event_format.ts";
import type { OpenPage } from "./open_page.ts";

/** How much goes into one request. */
export interface BatchLimits {
  /** Bytes of events before compression; only a lone event may exceed it. */
  readonly maxBytes: number;
  readonly maxEvents: number;
  /** Bytes of one event; a larger one is not sent as it is. */
  readonly maxEventBytes: number;
}

/** An event that is not to be sent as it is. */
export interface UnsendableEvent {
  readonly kind: "oversize" | "malformed";
  readonly envelope: Uint8Array;
  /** What is wrong with it. */
  readonly why: string;
}

/** Why filling a batch stopped. */
export type FillEnd = "full" | "page_end" | UnsendableEvent;

const utf8 = new TextEncoder();

/** A log may be of so much later than now: clocks differ, and some write local time. */
const AHEAD_SEC = 86_400;
const MOST_SEC = 2 ** 32 - 1;

/** From the pages of one shard to request bodies, one at a time: the core's host in the data plane. */
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
   * Starts a page.
   * @throws {CorruptBody} when it does not decompress, {MalformedPage} when it is no LogGroupList, or not as
   * long as its header says; only the logs themselves may still turn out malformed.
   */
  begin({ body, isLz4, rawBytes, cursor, unfiltered, groupCount }: OpenPage): void {
    const first = unfiltered ? decodeCursor(cursor) : undefined;
    // Escaped, as it goes into the middle of a JSON string and a cursor is what the server says it is.
    const inIds = first === undefined ? JSON.stringify(cursor).slice(1, -1) : `${first}`;
    this.#page = {
      body,
      isLz4,
      rawBytes,
      mapping: this.#mapping,
      cursor: utf8.encode(inIds),
      cursorCounts: first !== undefined,
      newestSec: Math.min(MOST_SEC, Math.floor(this.#clock.nowMs() / 1000) + AHEAD_SEC),
    };
    const groups = core.begin(this.#page);
    if (groups === "corrupt") {
      throw new CorruptBody(`its LZ4 block does not hold ${rawBytes} bytes (x-log-bodyrawsize)`);
    }
    if (groups === "malformed") throw new MalformedPage(core.failure.what, core.failure.offset);
    // A page cut at the border of a group reads well; only the count tells.
    if (groups !== groupCount) {
      throw new MalformedPage(
        `found ${groups} log groups, expected ${groupCount} (x-log-count),`,
        rawBytes,
      );
    }
  }

  /** Events of the last fill, its lone one among them, of before 1990 or of more than a day ahead. */
  get oddTimes(): number {
    return core.oddTimes;
  }

  /**
   * Writes the page's next events into `draft`.
   * @returns `full` when the draft is to be sent; a lone event where one is too large, or stands for a log
   * that is no message; `page_end` when the page has no more.
   */
  fill(draft: BatchBuffer): FillEnd {
    const end = core.fill(this.#page!, draft, this.#limits);
    if (end === "full" || end === "page_end") return end;
    const why = end === "oversize"
      ? `larger than hec.max_event_bytes (${this.#limits.maxEventBytes})`
      : `the log is malformed: ${core.failure.what}`;
    return { kind: end, envelope: core.rejected.slice(), why };
  }
}
