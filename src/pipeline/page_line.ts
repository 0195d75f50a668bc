import { cursorNumber } from "../base/cursor_number.ts";
import { ByteBuffer } from "../base/byte_buffer.ts";
import type { Batch } from "../hec/batch.ts";
import { MalformedPage } from "../transcode/malformed_page.ts";
import { PageTranscoder } from "../transcode/page_transcoder.ts";
import type { Route } from "../transcode/route.ts";
import type { OpenPage } from "./page_puller.ts";

/** How much goes into one request. */
export interface BatchLimits {
  /** Bytes of events before compression; only a lone event may exceed it. */
  readonly maxBytes: number;
  readonly maxEvents: number;
  /** Bytes of one event; a larger one is not sent as it is. */
  readonly maxEventBytes: number;
}

/** Why filling a batch stopped. */
export type FillEnd = "full" | "oversize" | "page_end";

/**
 * From a page to request bodies, one at a time. Behind this small interface stands the plain TypeScript
 * line; a faster one must give the same bytes.
 */
export interface PageLine {
  /** Starts a page. */
  begin(page: OpenPage): void;
  /** Reads over the page's next events. @throws {MalformedPage}, also when there are not so many. */
  skip(events: number): void;
  /**
   * Writes the page's next events into `batch`.
   * @param onEvent Told the size of each event that is written, to the batch or to `overflow`.
   * @returns `full` when the batch is to be sent, with `overflow` holding the event that no longer fitted
   * if there is one; `oversize` with `overflow` holding an event that is too large; `page_end` when the
   * page has no more.
   * @throws {MalformedPage}; `batch` then ends with the last whole event.
   */
  fill(batch: Batch, overflow: Batch, onEvent: (bytes: number) => void): FillEnd;
}

/** The plain line, one event after the other; also what a faster one is compared with. */
export class TranscodingLine implements PageLine {
  readonly #transcoder: PageTranscoder;
  readonly #limits: BatchLimits;
  #groupCount = 0;

  constructor(route: Route, limits: BatchLimits) {
    this.#transcoder = new PageTranscoder(route);
    this.#limits = limits;
  }

  begin(page: OpenPage): void {
    this.#groupCount = page.groupCount;
    this.#transcoder.begin(page.raw, page.raw.length, {
      firstGroup: page.unfiltered ? cursorNumber(page.cursor) : undefined,
      pageCursor: page.cursor,
    });
  }

  skip(events: number): void {
    const sink = new ByteBuffer(1024);
    for (let left = events; left > 0; left--) {
      sink.clear();
      if (!this.#transcoder.next(sink)) throw new MalformedPage("events seen before are gone", 0);
    }
  }

  fill(batch: Batch, overflow: Batch, onEvent: (bytes: number) => void): FillEnd {
    const { maxBytes, maxEvents, maxEventBytes } = this.#limits;
    for (;;) {
      const before = batch.out.length;
      try {
        if (!this.#transcoder.next(batch.out)) {
          this.#checkGroupCount();
          return "page_end";
        }
      } catch (error) {
        batch.out.length = before;
        throw error;
      }
      batch.closeEvent();
      onEvent(batch.out.length - before);
      if (batch.out.length - before > maxEventBytes) {
        overflow.takeLastEventOf(batch);
        return "oversize";
      }
      if (batch.out.length > maxBytes && batch.count > 1) {
        overflow.takeLastEventOf(batch);
        return "full";
      }
      if (batch.count >= maxEvents || batch.out.length >= maxBytes) return "full";
    }
  }

  /** A page cut at the border of a group reads well; only the count tells. */
  #checkGroupCount(): void {
    const { groupsRead } = this.#transcoder;
    if (groupsRead !== this.#groupCount) {
      throw new MalformedPage(
        `found ${groupsRead} log groups, expected ${this.#groupCount} (x-log-count),`,
        0,
      );
    }
  }
}
