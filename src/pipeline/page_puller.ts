import { Backoff } from "../base/backoff.ts";
import { groupsBetween, hasReached } from "../base/cursor.ts";
import { Incident } from "../base/incident.ts";
import { TokenBucket } from "../base/token_bucket.ts";
import type { PageHead } from "../sls/pull_logs.ts";
import { SlsError } from "../sls/sls_error.ts";
import { CursorTrail } from "./cursor_trail.ts";
import type { Reservation } from "./memory_budget.ts";
import type { OpenPage } from "./open_page.ts";
import { PagePull, type PullOrder, type PullResult } from "./page_pull.ts";
import { guessNext, isFullByCount, nextPullDelay } from "./pull_pace.ts";
import type { SourceContext } from "./source_context.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** Both vendor consumers pause this long when a quota is exceeded. */
const THROTTLED_RETRY = { baseMs: 5000, capMs: 30_000 };
/** For what only the operator can fix, such as a query that SLS does not understand. */
const REFUSED_RETRY = { baseMs: 10_000, capMs: 60_000 };
/** SLS allows 100 reads a second for each shard, and counts by its own clock. */
const READS = { perSecond: 85, burst: 10 };
/** Most pulls of one shard that wait for their answers at the same time. */
const MAX_PULLS = 4;
/** After a wrong guess, full pages in a row before the next guess. */
const PAGES_AFTER_A_MISS = 8;
/** Memory reserved for a first page, whose size is not known. */
export const FIRST_RESERVATION_BYTES = 1024 * 1024;

/** Why there is no further page. */
export type PullEnd =
  | { readonly kind: "revoked" }
  /** The cursor has reached the job's end. */
  | { readonly kind: "end_reached" }
  | { readonly kind: "invalid_cursor"; readonly cursor: string; readonly message: string }
  | { readonly kind: "gone"; readonly message: string };

/** What is pulled from a shard. */
interface PullJob {
  readonly shard: number;
  /** Where to start. */
  readonly cursor: string;
  /** Where to stop, exclusive; never when left out. */
  readonly endCursor?: string | undefined;
  /** Aborts when nothing more is to be pulled. */
  readonly revoked: AbortSignal;
}

/**
 * Pulls the pages of one shard, at the pace at which data comes. With a slow connection it pulls ahead: it asks for
 * the next page as soon as the head of an answer names its cursor, and further while pages come with as many log
 * groups as asked for, at the cursors where they should continue. What a wrong guess brings is dropped.
 */
export class PagePuller implements AsyncDisposable {
  readonly #context: SourceContext;
  readonly #job: PullJob;
  readonly #caughtUp: () => void;
  readonly #requestRate: TokenBucket;
  readonly #incident: Incident;
  readonly #backoffs: Readonly<Record<"usual" | "throttled" | "refused", Backoff>>;
  /** Pulls under way, each at the cursor where the one before should end. */
  readonly #ahead: PagePull[] = [];
  #cursor: string;
  readonly #trail: CursorTrail;
  /** Log groups to ask for; fewer than configured after answers that did not come whole. */
  #count: number;
  #pauseMs = 0;
  #reserveBytes = FIRST_RESERVATION_BYTES;
  /** Pages in a row with as many log groups as asked for; below zero after a wrong guess. */
  #fullPages = 0;
  /** Pages since one that was waited for. */
  #sinceAwaited = 0;

  /**
   * @param caughtUp Called each time the server has nothing new.
   */
  constructor(context: SourceContext, job: PullJob, caughtUp: () => void) {
    const { env, name, pulls } = context;
    const { cursor, shard } = job;
    this.#context = context;
    this.#job = job;
    this.#caughtUp = caughtUp;
    this.#cursor = cursor;
    this.#trail = new CursorTrail(cursor);
    this.#count = pulls.fetchCount;
    this.#requestRate = new TokenBucket(READS, env.clock);
    this.#incident = new Incident(env, `${name} shard ${shard}: pull`, { source: name, shard });
    this.#backoffs = {
      usual: new Backoff(RETRY, env),
      throttled: new Backoff(THROTTLED_RETRY, env),
      refused: new Backoff(REFUSED_RETRY, env),
    };
  }

  /** The next page that moves the cursor, or why there is none. Failures are retried without end. */
  async next(): Promise<OpenPage | PullEnd> {
    const { env } = this.#context;
    const { revoked } = this.#job;
    for (;;) {
      if (this.#isEnd(this.#cursor)) return { kind: "end_reached" };
      try {
        const wasIn = this.#ahead[0]?.headIsIn === true;
        const ahead = await this.#takeAhead();
        if (!ahead) await env.clock.sleep(this.#pauseMs, revoked);
        const pull = ahead ?? new PagePull(this.#context, this.#order(this.#cursor), revoked);
        const result = await this.#resultOf(pull, !ahead || !wasIn);
        this.#incident.recovered();
        for (const backoff of Object.values(this.#backoffs)) backoff.succeeded();
        if (result.kind === "nothing_new") this.#caughtUp();
        else if (result.kind === "page") return result;
      } catch (error) {
        await this.#dropAhead();
        if (revoked.aborted) return { kind: "revoked" };
        if (error instanceof SlsError) {
          const { kind, message } = error;
          if (kind === "invalid_cursor") return { kind, cursor: this.#cursor, message };
          if (kind === "shard_missing") return { kind: "gone", message };
        }
        this.#pauseMs = this.#failed(error);
      }
    }
  }

  /** Delay before the next pull because the shard has no more data; 0 while it has more. */
  get pauseMs(): number {
    return this.#pauseMs;
  }

  /** Drops what was pulled ahead. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dropAhead();
  }

  /**
   * Waits for the result of a pull and moves the cursor over its page; meanwhile pulls ahead.
   * @param isAwaited Whether its head was not in when its turn came.
   */
  async #resultOf(pull: PagePull, isAwaited: boolean): Promise<PullResult> {
    const head = await pull.head;
    if (head) await this.#pullAhead(pull, head, isAwaited);
    let result: PullResult;
    try {
      result = await pull.result;
    } catch (error) {
      // The body did not come whole: with a slow connection fewer log groups may come in time.
      if (head) this.#count = Math.max(1, this.#count >> 1);
      throw error;
    }
    switch (result.kind) {
      case "nothing_new":
        if (this.#job.endCursor !== undefined) throw this.#endsEarly(this.#job.endCursor);
        break;
      case "page":
        if (this.#trail.has(result.nextCursor)) throw this.#leadsBack(result);
        this.#trail.pass(result.nextCursor);
        this.#cursor = result.nextCursor;
        this.#reportFailedLogs(result);
        break;
      case "too_big": // pulled again when that much memory is free
        this.#reserveBytes = result.bytes;
        this.#pauseMs = 0;
    }
    return result;
  }

  /** The pull that was started ahead for the cursor, if a page has come of it. */
  async #takeAhead(): Promise<PagePull | undefined> {
    const ahead = this.#ahead.shift();
    if (!ahead || await ahead.hasPage()) return ahead;
    // Without a page the guess says nothing: the data may have come since.
    await Promise.all([ahead.drop(), this.#dropAhead()]);
    return undefined;
  }

  /** Takes from the head of a page what it says of the pace, and asks for the pages that follow. */
  async #pullAhead(pull: PagePull, head: PageHead, isAwaited: boolean): Promise<void> {
    const { fetchIntervalMs, fetchCount } = this.#context.pulls;
    const { cursor, count } = pull;
    this.#pauseMs = nextPullDelay(head, cursor, count, fetchIntervalMs);
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
    // Pages that are there before they are needed do not have to be requested earlier.
    if (this.#pauseMs > 0 || this.#sinceAwaited >= MAX_PULLS) return;
    if (this.#ahead.length === 0) this.#startAhead(head.nextCursor);
    while (this.#fullPages > 1 && this.#ahead.length > 0 && this.#ahead.length < MAX_PULLS - 1) {
      const last = this.#ahead.at(-1)!;
      const guess = guessNext(last.cursor, last.count);
      if (guess === undefined || !this.#startAhead(guess)) return;
    }
  }

  /**
   * Starts a pull unless it would be past the end, if memory is free that no other pull waits for.
   * @returns whether it has.
   */
  #startAhead(cursor: string): boolean {
    if (this.#isEnd(cursor)) return false;
    const reservation = this.#context.pageMemory.tryReserve(this.#reserveBytes);
    if (!reservation) return false;
    const order = this.#order(cursor, reservation);
    this.#ahead.push(new PagePull(this.#context, order, this.#job.revoked));
    return true;
  }

  #order(cursor: string, reservation?: Reservation): PullOrder {
    const { shard, endCursor } = this.#job;
    // Never past the end, even if the server does not know `end_cursor`.
    const left = endCursor === undefined ? undefined : groupsBetween(cursor, endCursor);
    const count = Math.min(this.#count, left ?? Infinity);
    const [reserveBytes, requestRate] = [this.#reserveBytes, this.#requestRate];
    return { shard, cursor, count, endCursor, reservation, reserveBytes, requestRate };
  }

  async #dropAhead(): Promise<void> {
    await Promise.all(this.#ahead.splice(0).map((pull) => pull.drop()));
  }

  #isEnd(cursor: string): boolean {
    const { endCursor } = this.#job;
    return endCursor !== undefined && hasReached(cursor, endCursor);
  }

  #endsEarly(endCursor: string): SlsError {
    return new SlsError(
      "bad_answer",
      `Cannot continue reading shard ${this.#job.shard}: SLS has nothing at cursor ` +
        `${this.#cursor}, expected log groups up to cursor ${endCursor}`,
    );
  }

  /** The logs of such a page would come again and again: it is not used, and the shard keeps its cursor. */
  #leadsBack(page: OpenPage): SlsError {
    page[Symbol.dispose]();
    return new SlsError(
      "bad_answer",
      `Cannot continue reading ${this.#context.name} shard ${this.#job.shard}: SLS leads from ` +
        `cursor ${page.cursor} back to cursor ${page.nextCursor}, which was read before`,
      { status: 200 },
    );
  }

  #reportFailedLogs({ cursor, filtered }: OpenPage): void {
    if (!filtered || filtered.failed === 0) return;
    const { env, name } = this.#context;
    const { shard } = this.#job;
    env.telemetry({
      type: "trouble",
      about: `${name}: logs on which the query fails`,
      message: `SLS left ${filtered.failed} logs of ${name} shard ${shard} out of the page at ` +
        `cursor ${cursor}: the query failed on them`,
      hint: "If these logs are wanted, fix the query or processor; the ledger counts them",
      retryInMs: 0,
      source: name,
      shard,
    });
  }

  /**
   * Reports a failure.
   * @returns the delay before the next pull.
   */
  #failed(error: unknown): number {
    const kind = error instanceof SlsError ? error.kind : undefined;
    if (kind !== "bad_request") {
      const retryInMs = this.#backoffs[kind === "throttled" ? "throttled" : "usual"].failed();
      this.#incident.failed(error, { hint: "It is pulled again", retryInMs });
      return retryInMs;
    }
    const { query, processor } = this.#context.pulls;
    const option = query !== undefined ? "query" : processor !== undefined ? "processor" : "";
    const retryInMs = this.#backoffs.refused.failed();
    this.#incident.failed(error, {
      hint: "It is pulled again",
      retryInMs,
      held: true,
      instead: option === "" ? {} : {
        hint: `Fix this source's ${option}, or what it names in SLS. Until then the shard keeps ` +
          "its place",
      },
    });
    return retryInMs;
  }
}
