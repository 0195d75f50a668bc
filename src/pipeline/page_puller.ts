import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { hintOf } from "../base/errors.ts";
import { TokenBucket } from "../base/token_bucket.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { troubleOf } from "../base/trouble_of.ts";
import type { PageHead, PullLogs } from "../sls/pull_logs.ts";
import { SlsError } from "../sls/sls_error.ts";
import { CursorTrail } from "./cursor_trail.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare } from "./memory_budget.ts";
import { type OpenPage, PagePull, type PullOrder, type PullResult } from "./page_pull.ts";
import { guessNext, isFullByCount, pauseAfter } from "./pull_pace.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** Both vendor consumers pause this long when a quota is exceeded. */
const THROTTLED_RETRY = { baseMs: 5000, capMs: 30_000 };
/** For what only the operator can mend, such as a query that SLS does not understand. */
const REFUSED_RETRY = { baseMs: 10_000, capMs: 60_000 };
/** SLS allows 100 reads a second and shard, and counts by its own clock. */
const READS = { perSecond: 85, burst: 10 };
/** Pulls of one shard that may be under way at once, while their answers are waited for. */
const MOST_PULLS = 4;
/** Full pages in a row that it takes to guess again after a wrong guess. */
const PAGES_AFTER_A_MISS = 8;
/** What a first page is reckoned to need. */
export const FIRST_RESERVATION_BYTES = 1024 * 1024;

export type PullEnd =
  | { readonly kind: "revoked" }
  | { readonly kind: "invalid_cursor"; readonly cursor: string; readonly message: string }
  | { readonly kind: "gone"; readonly message: string };

export interface PagePullerOptions {
  readonly source: string;
  readonly shard: number;
  readonly pullLogs: Pick<PullLogs, "pull">;
  readonly fetchCount: number;
  readonly fetchIntervalMs: number;
  readonly query: string | undefined;
  readonly processor: string | undefined;
  readonly pageMemory: MemoryShare;
  readonly pageBuffers: BufferPool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Told each time the server has nothing new. */
  readonly caughtUp: () => void;
}

/**
 * Pulls the pages of one shard, at the pace at which data comes. Over a long line it asks ahead: for the next
 * page as soon as the head of an answer names its cursor, and further while pages come full by number, at
 * the cursors where they should go on. What was pulled at a wrong one is dropped.
 */
export class PagePuller implements AsyncDisposable {
  readonly #options: PagePullerOptions;
  readonly #revoked: AbortSignal;
  readonly #rate: TokenBucket;
  /** Pulls under way, each at the cursor where the one before is to end. */
  readonly #ahead: PagePull[] = [];
  #cursor: string;
  readonly #trail: CursorTrail;
  /** Log groups asked for; fewer than configured after answers that did not come whole. */
  #count: number;
  #pauseMs = 0;
  #reserveBytes = FIRST_RESERVATION_BYTES;
  /** Pages in a row that came full by number; below zero after a wrong guess. */
  #fullPages = 0;
  /** Pages since one that was waited for. */
  #sinceAwaited = 0;

  constructor(cursor: string, revoked: AbortSignal, options: PagePullerOptions) {
    this.#cursor = cursor;
    this.#trail = new CursorTrail(cursor);
    this.#revoked = revoked;
    this.#options = options;
    this.#count = options.fetchCount;
    this.#rate = new TokenBucket(READS, options.clock);
  }

  /** The next page that moves the cursor, or why there is none. Failures are tried again without end. */
  async next(): Promise<OpenPage | PullEnd> {
    const { telemetry, source, shard } = this.#options;
    const about = `${source} shard ${shard}: pull`;
    for (let failures = 0;;) {
      try {
        const result = await this.#pull();
        if (failures > 0) telemetry({ type: "recovered", about });
        failures = 0;
        if (result.kind === "nothing_new") this.#options.caughtUp();
        else if (result.kind === "page") return result;
      } catch (error) {
        await this.#dropAhead();
        if (this.#revoked.aborted) return { kind: "revoked" };
        if (error instanceof SlsError) {
          const { kind, message } = error;
          if (kind === "invalid_cursor") return { kind, cursor: this.#cursor, message };
          if (kind === "shard_missing") return { kind: "gone", message };
        }
        this.#pauseMs = this.#tell(about, error, ++failures);
      }
    }
  }

  /** How long the next pull will wait, for want of data: 0 while there is more. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Drops what was pulled ahead. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dropAhead();
  }

  async #pull(): Promise<PullResult> {
    const { pull, isAwaited } = await this.#first();
    const head = await pull.head;
    if (head) await this.#goAhead(pull, head, isAwaited);
    let result: PullResult;
    try {
      result = await pull.result;
    } catch (error) {
      // The body did not come whole: over a slow line fewer log groups may come in time.
      if (head) this.#count = Math.max(1, this.#count >> 1);
      throw error;
    }
    if (result.kind === "page") {
      if (this.#trail.has(result.nextCursor)) throw this.#leadsBack(result);
      this.#trail.pass(result.nextCursor);
      this.#cursor = result.nextCursor;
      this.#tellOfFailedLogs(result);
    }
    if (result.kind === "too_big") { // asked for again once so much can be had
      this.#reserveBytes = result.bytes;
      this.#pauseMs = 0;
    }
    return result;
  }

  /** The pull whose turn it is, and whether its answer had not begun to come before. */
  async #first(): Promise<{ pull: PagePull; isAwaited: boolean }> {
    const { clock, pageMemory } = this.#options;
    const ahead = this.#ahead.shift();
    if (ahead) {
      const isAwaited = !ahead.headIsIn;
      if (await ahead.hasPage()) return { pull: ahead, isAwaited };
      // What a guess came to otherwise means nothing now: the data may have come since.
      await Promise.all([ahead.drop(), this.#dropAhead()]);
    }
    await clock.sleep(this.#pauseMs, this.#revoked);
    const pull = this.#begin(
      this.#cursor,
      (signal) => pageMemory.reserve(this.#reserveBytes, signal),
    );
    return { pull, isAwaited: true };
  }

  /** Learns from the head of a page, and asks for what comes behind it. */
  async #goAhead(pull: PagePull, head: PageHead, isAwaited: boolean): Promise<void> {
    const { fetchIntervalMs, fetchCount } = this.#options;
    const { cursor, count } = pull;
    this.#pauseMs = pauseAfter(head, cursor, count, fetchIntervalMs);
    this.#reserveBytes = Math.max(FIRST_RESERVATION_BYTES, pull.bytes);
    const [next] = this.#ahead;
    if (next && next.cursor !== head.nextCursor) {
      await this.#dropAhead();
      this.#fullPages = -PAGES_AFTER_A_MISS;
    }
    const isFull = isFullByCount(head, cursor, count);
    this.#fullPages = isFull ? this.#fullPages + 1 : Math.min(0, this.#fullPages);
    this.#count = Math.min(fetchCount, this.#count + Math.ceil(fetchCount / 20));
    this.#sinceAwaited = isAwaited ? 0 : this.#sinceAwaited + 1;
    // Pages that are there before they are wanted need not be asked for earlier.
    if (this.#pauseMs > 0 || this.#sinceAwaited >= MOST_PULLS) return;
    if (this.#ahead.length === 0) this.#askAhead(head.nextCursor);
    while (this.#fullPages > 1 && this.#ahead.length > 0 && this.#ahead.length < MOST_PULLS - 1) {
      const last = this.#ahead.at(-1)!;
      const guess = guessNext(last.cursor, last.count);
      if (guess === undefined || !this.#askAhead(guess)) return;
    }
  }

  /** Begins a pull if there is memory for it that nobody waits for. */
  #askAhead(cursor: string): boolean {
    const reservation = this.#options.pageMemory.tryReserve(this.#reserveBytes);
    if (!reservation) return false;
    this.#ahead.push(this.#begin(cursor, () => Promise.resolve(reservation)));
    return true;
  }

  #begin(cursor: string, reserve: PullOrder["reserve"]): PagePull {
    const order = { cursor, count: this.#count, reserve };
    return new PagePull(order, this.#revoked, { ...this.#options, rate: this.#rate });
  }

  async #dropAhead(): Promise<void> {
    await Promise.all(this.#ahead.splice(0).map((pull) => pull.drop()));
  }

  /** What such a page holds would come again and again: it is not used, and the shard stays where it is. */
  #leadsBack(page: OpenPage): SlsError {
    const { source, shard } = this.#options;
    page[Symbol.dispose]();
    return new SlsError(
      "bad_answer",
      `Cannot read ${source} shard ${shard} on: SLS leads from cursor ${page.cursor} back to cursor ` +
        `${page.nextCursor}, from which the shard was read before`,
      { status: 200 },
    );
  }

  #tellOfFailedLogs({ cursor, filtered }: OpenPage): void {
    const { telemetry, source, shard } = this.#options;
    if (!filtered || filtered.failed === 0) return;
    telemetry({
      type: "trouble",
      about: `${source}: logs on which the query fails`,
      message: `SLS left ${filtered.failed} logs of ${source} shard ${shard} out of the page at ` +
        `cursor ${cursor}: the query failed on them`,
      hint: "Mend the query or processor if these logs are wanted; the ledger counts them",
      retryInMs: 0,
      source,
      shard,
    });
  }

  /** Tells of a failure. @returns how long to wait. */
  #tell(about: string, error: unknown, failures: number): number {
    const { source, shard, random, telemetry, query, processor } = this.#options;
    const kind = error instanceof SlsError ? error.kind : undefined;
    const refused = kind === "bad_request";
    const policy = refused ? REFUSED_RETRY : kind === "throttled" ? THROTTLED_RETRY : RETRY;
    const retryInMs = backoffMs(policy, failures, random);
    const option = query !== undefined
      ? "query"
      : processor !== undefined
      ? "processor"
      : undefined;
    const usual = hintOf(error, "It is pulled again");
    const hint = refused && option
      ? `Mend this source's ${option}, or what it names in SLS. The shard keeps its place meanwhile`
      : usual;
    const more = { hint, source, shard, ...(refused && { held: true }) };
    telemetry(troubleOf(about, error, usual, retryInMs, more));
    return retryInMs;
  }
}
