import type { Clock } from "../base/clock.ts";
import type { TaskGroup } from "../base/task_group.ts";
import { nextTurn } from "../base/turn.ts";
import { Batch } from "../hec/batch.ts";
import type { DeliveryReport } from "../hec/delivery.ts";
import type { BatchInUse, BatchMemory } from "./batch_memory.ts";
import type { FillEnd, PageLine } from "./page_line.ts";
import type { OpenPage } from "./page_puller.ts";
import type { PageTally } from "./page_tally.ts";

/** Where an event comes from. */
export interface EventPlace {
  readonly cursor: string;
  /** Number of the log in the page pulled at the cursor, from 0. */
  readonly indexInPage: number;
}

export interface BatcherOptions {
  readonly line: PageLine;
  readonly maxAgeMs: number;
  readonly memory: BatchMemory;
  readonly clock: Clock;
  /** Owner of the deliveries. */
  readonly tasks: TaskGroup;
  /** Takes a batch to its end. */
  readonly deliver: (
    batch: Batch,
    placeOf: (at: number) => EventPlace,
    signal: AbortSignal,
  ) => Promise<DeliveryReport>;
  /**
   * Deals with an event that is too large to be sent.
   * @returns the event made shorter, or undefined when it is parked.
   */
  readonly oversize: (
    event: Uint8Array,
    place: EventPlace,
    signal: AbortSignal,
  ) => Promise<Uint8Array | undefined>;
  /** Told when all events of a page are settled. */
  readonly onComplete: (tally: PageTally) => void;
}

/** Events of one page in a batch: `count` from number `first` on. */
interface Segment {
  readonly tally: PageTally;
  readonly first: number;
  readonly firstInPage: number;
  readonly count: number;
}

interface OpenBatch extends BatchInUse {
  readonly segments: Segment[];
  /** Aborts when the batch is sent off or dropped. */
  readonly sealed: AbortController;
}

/**
 * Packs the events of one shard's pages into batches, in log order and across pages, and sends each off
 * when it is full or old.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  /** Holds the event that no longer fitted, or is too large, for the moment between two batches. */
  readonly #overflow = new Batch(0);
  #open: OpenBatch | undefined;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /**
   * Transcodes a page into batches; returns when the page's memory is needed no more.
   * @param skip Events of the page that an earlier try has sent already.
   * @throws {MalformedPage} after taking back what was not sent yet.
   */
  async add(page: OpenPage, tally: PageTally, skip: number, signal: AbortSignal): Promise<void> {
    const { line, onComplete } = this.#options;
    line.begin(page);
    try {
      line.skip(skip);
    } catch (error) {
      tally.restart(); // another page than before: next time all of it is sent
      throw error;
    }
    if (page.raw.length > 0 || page.groupCount > 0) await this.#pack(tally, signal);
    tally.finish(page.raw.length);
    if (tally.complete) onComplete(tally);
  }

  async #pack(tally: PageTally, signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = this.#open ??= await this.#openBatch(signal);
      if (this.#overflow.count > 0) this.#takeOverflow(open, tally);
      const end = this.#fill(open, tally);
      if (end === "page_end") break;
      if (end === "oversize") await this.#shorten(open, tally, signal);
      else {
        this.#seal(open);
        await nextTurn();
      }
    }
    if (this.#open?.batch.count === 0) this.drop(); // others may need the memory
  }

  /** Parks the event that is too large, or puts a shorter one in its place. */
  async #shorten(open: OpenBatch, tally: PageTally, signal: AbortSignal): Promise<void> {
    // Sent, what stands before it cannot be taken back: a page that breaks later resumes behind it.
    if (open.batch.count > 0) this.#seal(open);
    const overflow = this.#overflow;
    const place = { cursor: tally.cursor, indexInPage: tally.events - 1 };
    const shorter = await this.#options.oversize(overflow.bytes(), place, signal);
    overflow.clear();
    if (shorter) {
      overflow.out.append(shorter);
      overflow.closeEvent();
    } else tally.settle({ delivered: 0, parked: 1, resends: 0, ackTimeouts: 0 });
  }

  /** Sends the open batch off, however little it holds. */
  flush(): void {
    const open = this.#open;
    if (!open) return;
    if (open.batch.count > 0) this.#seal(open);
    else this.drop();
  }

  /** Drops the open batch: its events are no longer ours. */
  drop(): void {
    const open = this.#open;
    this.#open = undefined;
    this.#overflow.clear();
    open?.sealed.abort();
    open?.release();
  }

  #takeOverflow({ batch, segments }: OpenBatch, tally: PageTally): void {
    batch.takeLastEventOf(this.#overflow);
    segments.push({ tally, first: 0, firstInPage: tally.events - 1, count: 1 });
  }

  #fill(open: OpenBatch, tally: PageTally): FillEnd {
    const { batch, segments } = open;
    const first = batch.count;
    const firstInPage = tally.events;
    try {
      return this.#options.line.fill(batch, this.#overflow, (bytes) => tally.add(bytes));
    } catch (error) {
      this.#takeBack(open, tally, { first, firstInPage });
      throw error;
    } finally {
      const count = batch.count - first;
      if (count > 0) segments.push({ tally, first, firstInPage, count });
    }
  }

  /** Takes what the page has in the open batch out again; what stood in earlier batches is sent. */
  #takeBack(
    { batch, segments }: OpenBatch,
    tally: PageTally,
    now: { readonly first: number; readonly firstInPage: number },
  ): void {
    const begun = segments.findIndex((segment) => segment.tally === tally);
    const { first, firstInPage } = segments[begun] ?? now;
    if (begun >= 0) segments.length = begun;
    tally.takeBack(tally.events - firstInPage, batch.out.length - batch.bytes(0, first).length);
    batch.truncate(first);
  }

  async #openBatch(signal: AbortSignal): Promise<OpenBatch> {
    const { tasks, clock, maxAgeMs, memory } = this.#options;
    const open: OpenBatch = {
      ...await memory.take(signal),
      segments: [],
      sealed: new AbortController(),
    };
    tasks.spawn("batch age", async (signal) => {
      const ended = AbortSignal.any([open.sealed.signal, signal]);
      try {
        await clock.sleep(maxAgeMs, ended);
      } catch (error) {
        if (error !== ended.reason) throw error;
        return; // sent off or dropped before it was old
      }
      if (this.#open === open) this.flush();
    });
    return open;
  }

  #seal(open: OpenBatch): void {
    this.#open = undefined;
    open.sealed.abort();
    this.#options.tasks.spawn("delivery", async (signal) => {
      try {
        await this.#deliver(open, signal);
      } finally {
        open.release();
      }
    });
  }

  async #deliver({ batch, segments }: OpenBatch, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted(); // filled after everything was dropped
    const report = await this.#options.deliver(batch, (at) => placeIn(segments, at), signal);
    const { resends, ackTimeouts } = report;
    for (const [i, { tally, first, count }] of segments.entries()) {
      const parked = report.parked.filter((at) => at >= first && at < first + count).length;
      // A request that is sent again is counted with the first page in it.
      const again = i === 0 ? { resends, ackTimeouts } : { resends: 0, ackTimeouts: 0 };
      tally.settle({ delivered: count - parked, parked, ...again });
      if (tally.complete) this.#options.onComplete(tally);
    }
  }
}

function placeIn(segments: readonly Segment[], at: number): EventPlace {
  const segment = segments.find(({ first, count }) => at < first + count)!;
  return {
    cursor: segment.tally.cursor,
    indexInPage: segment.firstInPage + at - segment.first,
  };
}
