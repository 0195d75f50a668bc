import type { Clock } from "../base/clock.ts";
import type { TaskGroup } from "../base/task_group.ts";
import { nextTurn } from "../base/turn.ts";
import type { Batch } from "../hec/batch.ts";
import type { DeliveryReport } from "../hec/delivery.ts";
import type { BatchInUse, BatchMemory } from "./batch_memory.ts";
import { CoreTurn } from "./core_turn.ts";
import type { LoneEvent, PageLine } from "./page_line.ts";
import type { OpenPage } from "./page_pull.ts";
import type { PageTally } from "./page_tally.ts";

/** One for all batches: to make an error for each takes more time than the batch's age needs. */
const SEALED = new DOMException("The batch is sent off or dropped", "AbortError");

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
   * Deals with an event that is not to be sent as it is.
   * @returns what to send in its place, or undefined when it is parked.
   */
  readonly lone: (
    event: LoneEvent,
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
  #open: OpenBatch | undefined;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /**
   * Transcodes a page into batches; returns when the page's memory is needed no more.
   * @throws {CorruptBody} or {MalformedPage} before any of it is taken.
   */
  async add(page: OpenPage, tally: PageTally, signal: AbortSignal): Promise<void> {
    const turn = await CoreTurn.begin(signal);
    try {
      this.#options.line.begin(page);
      if (page.rawBytes > 0) await this.#pack(tally, turn, signal);
    } finally {
      turn.end();
    }
    tally.finish(page.rawBytes);
    if (tally.complete) this.#options.onComplete(tally);
  }

  async #pack(tally: PageTally, turn: CoreTurn, signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = this.#open ??= await this.#openBatch(turn, signal);
      const end = this.#fill(open, tally);
      if (end === "page_end") break;
      if (end === "full") {
        this.#seal(open);
        await nextTurn();
      } else await this.#replace(end, tally, turn, signal);
    }
    // Others may need the memory.
    if (this.#open?.batch.count === 0 || this.#options.memory.isAwaited) this.flush();
  }

  /** Parks an event that is not to be sent as it is, or puts another in its place. */
  async #replace(
    event: LoneEvent,
    tally: PageTally,
    turn: CoreTurn,
    signal: AbortSignal,
  ): Promise<void> {
    const firstInPage = tally.events;
    tally.add(1, event.envelope.length);
    const place = { cursor: tally.cursor, indexInPage: firstInPage };
    const other = await turn.outside(() => this.#options.lone(event, place, signal), signal);
    if (!other) return tally.settle({ delivered: 0, parked: 1, resends: 0, ackTimeouts: 0 });
    this.flush(); // it is near the limit of its own, and would make the batch too large
    const { batch, segments } = this.#open = await this.#openBatch(turn, signal);
    segments.push({ tally, first: 0, firstInPage, count: 1 });
    batch.append(other);
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
    open?.sealed.abort(SEALED);
    open?.release();
  }

  #fill({ batch, segments }: OpenBatch, tally: PageTally): ReturnType<PageLine["fill"]> {
    const first = batch.count;
    const bytes = batch.byteLength;
    const end = this.#options.line.fill(batch);
    const count = batch.count - first;
    if (count > 0) segments.push({ tally, first, firstInPage: tally.events, count });
    tally.add(count, batch.byteLength - bytes);
    return end;
  }

  async #openBatch(turn: CoreTurn, signal: AbortSignal): Promise<OpenBatch> {
    const { tasks, clock, maxAgeMs, memory } = this.#options;
    let opened: OpenBatch | undefined;
    const flushIfOpen = () => {
      if (opened && this.#open === opened) this.flush(); // asked for before it is filled, it waits for its age
    };
    const open: OpenBatch = opened = {
      ...(memory.tryTake(flushIfOpen) ??
        await turn.outside(() => memory.take(signal, flushIfOpen), signal)),
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
      flushIfOpen();
    });
    return open;
  }

  #seal(open: OpenBatch): void {
    this.#open = undefined;
    open.sealed.abort(SEALED);
    open.full();
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
