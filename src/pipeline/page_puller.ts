import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, hintOf } from "../base/hinted_error.ts";
import type { Permit } from "../base/permits.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { openPage } from "../sls/decompress.ts";
import type { PulledPage, PullLogs } from "../sls/pull_logs.ts";
import { SlsError } from "../sls/sls_error.ts";
import { capacityFor, type PageMemory } from "./page_memory.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** Both vendor consumers pause this long when a quota is exceeded. */
const THROTTLED_RETRY = { baseMs: 5000, capMs: 30_000 };
/** What a first page is reckoned to need. */
export const FIRST_RESERVATION_BYTES = 1024 * 1024;
/** A page with less than this is not full: without word from the server, pause as the vendor's consumers do. */
const SMALL_PAGE_BYTES = 1024 * 1024;
const SMALL_PAGE_GROUPS = 100;
const SMALL_PAGE_PAUSE_MS = 500;

/** A page in memory, opened. */
export interface OpenPage {
  readonly kind: "page";
  /** Where it was pulled. */
  readonly cursor: string;
  readonly nextCursor: string;
  readonly groupCount: number;
  /** LogGroupList bytes; valid until `release`. */
  readonly raw: Uint8Array;
  /** Whether log group i has the page's cursor + i. */
  readonly unfiltered: boolean;
  /** Gives the memory back. */
  release(): void;
}

export type PullEnd =
  | { readonly kind: "revoked" }
  | { readonly kind: "invalid_cursor"; readonly cursor: string; readonly message: string }
  | { readonly kind: "gone"; readonly message: string };

/** A page as it came, with the memory that holds its body. */
interface Pulled {
  readonly page: PulledPage;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

export interface PagePullerOptions {
  readonly source: string;
  readonly shard: number;
  readonly pullLogs: Pick<PullLogs, "pull">;
  readonly fetchCount: number;
  readonly fetchIntervalMs: number;
  readonly query: string | undefined;
  readonly processor: string | undefined;
  readonly memory: PageMemory;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Told each time the server has nothing new. */
  readonly caughtUp: () => void;
}

/** Pulls the pages of one shard, one after the other, at the pace at which data comes. */
export class PagePuller {
  readonly #options: PagePullerOptions;
  readonly #revoked: AbortSignal;
  #cursor: string;
  #pauseMs = 0;
  #reserveBytes = FIRST_RESERVATION_BYTES;

  constructor(cursor: string, revoked: AbortSignal, options: PagePullerOptions) {
    this.#cursor = cursor;
    this.#revoked = revoked;
    this.#options = options;
  }

  /** The next page that moves the cursor, or why there is none. Failures are tried again without end. */
  async next(): Promise<OpenPage | PullEnd> {
    const { clock, telemetry, source, shard } = this.#options;
    const about = `${source} shard ${shard}: pull`;
    for (let failures = 0;;) {
      try {
        await clock.sleep(this.#pauseMs, this.#revoked);
        const pulled = await this.#pull();
        if (failures > 0) telemetry({ type: "recovered", about });
        failures = 0;
        if (pulled === "nothing_new") this.#options.caughtUp();
        else if (pulled !== "too_big") return pulled;
      } catch (error) {
        if (this.#revoked.aborted) return { kind: "revoked" };
        if (error instanceof SlsError) {
          const { kind, message } = error;
          if (kind === "invalid_cursor") return { kind, cursor: this.#cursor, message };
          if (kind === "shard_missing") return { kind: "gone", message };
        }
        failures++;
        const throttled = error instanceof SlsError && error.kind === "throttled";
        this.#pauseMs = backoffMs(
          throttled ? THROTTLED_RETRY : RETRY,
          failures,
          this.#options.random,
        );
        telemetry({
          type: "trouble",
          about,
          message: describeError(error),
          hint: hintOf(error, "It is pulled again"),
          retryInMs: this.#pauseMs,
        });
      }
    }
  }

  async #pull(): Promise<OpenPage | "nothing_new" | "too_big"> {
    const { memory } = this.#options;
    const reservation = await memory.reserve(this.#reserveBytes, this.#revoked);
    let page: OpenPage | undefined;
    try {
      const pulled = await this.#request(reservation);
      if (typeof pulled === "string") return pulled;
      return page = this.#open(pulled.page, pulled.body, reservation);
    } finally {
      if (!page) reservation.release();
    }
  }

  async #request(
    reservation: Permit,
  ): Promise<Pulled | "nothing_new" | "too_big"> {
    const { pullLogs, shard, fetchCount, query, processor, memory } = this.#options;
    let body: Uint8Array<ArrayBuffer> | undefined;
    try {
      const pulled = await pullLogs.pull(
        { shard, cursor: this.#cursor, count: fetchCount, query, processor },
        (bodyBytes, rawBytes) => {
          if (!reservation.grow(capacityFor(bodyBytes) + capacityFor(rawBytes))) return undefined;
          body = memory.take(bodyBytes);
          return { body };
        },
        this.#revoked,
      );
      if (pulled.kind === "too_big") { // ask again once so much can be had
        this.#reserveBytes = capacityFor(pulled.bodyBytes) + capacityFor(pulled.rawBytes);
        this.#pauseMs = 0;
        return "too_big";
      }
      this.#pauseMs = this.#pauseAfter(pulled);
      if (pulled.nextCursor === this.#cursor) return "nothing_new";
      const kept = body;
      body = undefined;
      return { page: pulled, body: kept };
    } finally {
      if (body) memory.give(body);
    }
  }

  #open(
    page: PulledPage,
    body: Uint8Array<ArrayBuffer> | undefined,
    reservation: Permit,
  ): OpenPage {
    const { memory } = this.#options;
    const { rawBytes, compressType, groupCount, nextCursor, unfiltered } = page;
    const target = rawBytes > 0 ? memory.take(rawBytes) : undefined;
    let raw: Uint8Array = page.body;
    let kept: Uint8Array<ArrayBuffer> | undefined;
    try {
      if (target) raw = openPage(page.body, compressType, rawBytes, target);
      // The page lies in the body if that is plain, else in the target or in memory of its own.
      kept = [body, target].find((buffer) => buffer?.buffer === raw.buffer);
    } finally {
      for (const buffer of [body, target]) if (buffer && buffer !== kept) memory.give(buffer);
    }
    this.#reserveBytes = Math.max(
      FIRST_RESERVATION_BYTES,
      capacityFor(page.body.length) + capacityFor(rawBytes),
    );
    reservation.shrink(kept ? kept.length : Math.max(1, rawBytes));
    const cursor = this.#cursor;
    this.#cursor = nextCursor;
    return {
      kind: "page",
      cursor,
      nextCursor,
      groupCount,
      raw,
      unfiltered,
      release: () => {
        if (kept) memory.give(kept);
        kept = undefined;
        reservation.release();
      },
    };
  }

  /**
   * How long to wait before the next pull: not at all while there is more. Guided by where the server says
   * the end is, else by how full the page was, before a query took some of it away.
   */
  #pauseAfter(page: PulledPage): number {
    const { fetchIntervalMs, fetchCount } = this.#options;
    if (page.nextCursor === this.#cursor) return fetchIntervalMs;
    if (page.endOfShard !== undefined) return page.endOfShard ? fetchIntervalMs : 0;
    const small = page.scannedBytes < SMALL_PAGE_BYTES &&
      page.scannedGroups < Math.min(SMALL_PAGE_GROUPS, fetchCount);
    return small ? Math.min(fetchIntervalMs, SMALL_PAGE_PAUSE_MS) : 0;
  }
}
