import type { Clock } from "../base/clock.ts";
import type { TaskGroup } from "../base/task_group.ts";
import { yieldToEventLoop } from "../base/runtime.ts";
import { core } from "../core/core.ts";
import { Batch } from "../core/batch.ts";
import type { DeliveryReport } from "../hec/delivery_report.ts";
import type { Gzip } from "../core/gzip.ts";
import type { BatchInUse, BatchMemory } from "./batch_memory.ts";
import { CoreLock } from "./core_lock.ts";
import type { PageTranscoder, UnsendableEvent } from "./page_transcoder.ts";
import type { OpenPage } from "./page_pull.ts";
import type { PageProgress } from "./page_progress.ts";

/** Why waiting for a batch's age ends: one for all, as to make an error takes time. */
const SEALED = new DOMException("The batch is sent off or dropped", "AbortError");
/** What a byte of a page usually comes to at most as events. */
const EVENT_RATIO = 2;

/** Where an event comes from. */
export interface EventPlace {
  readonly cursor: string;
  /** Number of the log in the page pulled at the cursor, from 0. */
  readonly indexInPage: number;
}

export interface BatcherOptions {
  readonly line: PageTranscoder;
  readonly gzip: Gzip;
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
    event: UnsendableEvent,
    place: EventPlace,
    signal: AbortSignal,
  ) => Promise<Uint8Array | undefined>;
  /** Told when all events of a page are settled. */
  readonly onComplete: (tally: PageProgress) => void;
}

/** Events of one page in a batch: `count` from number `first` on. */
interface Segment {
  readonly tally: PageProgress;
  readonly first: number;
  readonly firstInPage: number;
  readonly count: number;
}

interface OpenBatch extends BatchInUse {
  readonly number: number;
  readonly segments: Segment[];
  readonly sinceMs: number;
}

/**
 * Packs the events of one shard's pages into batches, in log order and across pages, and sends each off
 * when it is full or old.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  #open: OpenBatch | undefined;
  /** Batches opened so far. */
  #batches = 0;
  /** Ends the wait for the age of the open batch and those behind it. */
  #ageWatch: AbortController | undefined;
  /** Bytes of all packed batches so far. */
  #packedBytes = 0;
  /** Of the page before: bytes that were packed for each of its own. */
  #packedRatio = EVENT_RATIO;

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /**
   * Transcodes a page into batches; returns when the page's memory is needed no more.
   * @throws {CorruptBody} or {MalformedPage} before any of it is taken.
   */
  async add(page: OpenPage, tally: PageProgress, signal: AbortSignal): Promise<void> {
    const { rawBytes } = page;
    const turn = await this.#beginTurn(rawBytes, signal);
    const before = this.#packedBytes;
    try {
      this.#options.line.begin(page);
      if (rawBytes > 0) await this.#pack(tally, turn, signal);
    } finally {
      turn.end();
    }
    if (rawBytes > 0) this.#packedRatio = (this.#packedBytes - before) / rawBytes;
    tally.finish(rawBytes);
    if (tally.complete) this.#options.onComplete(tally);
  }

  /**
   * The core's turn, once there is memory for what the page will come to: a page that waits for memory in
   * the middle must make room for others, and be opened a second time.
   */
  async #beginTurn(rawBytes: number, signal: AbortSignal): Promise<CoreLock> {
    const { memory } = this.#options;
    for (;;) {
      const turn = await CoreLock.begin(signal);
      const packedBytes = Math.ceil(rawBytes * this.#packedRatio);
      if (this.#fitsOpen(rawBytes * EVENT_RATIO) || memory.hasRoom(packedBytes)) return turn;
      turn.end();
      await memory.room(packedBytes, signal);
    }
  }

  /** Whether so many bytes of events need no memory beyond that of the open batch. */
  #fitsOpen(eventBytes: number): boolean {
    if (eventBytes === 0) return true;
    const { batchMaxBytes } = this.#options.memory;
    return this.#open !== undefined && this.#open.buffer.byteLength + eventBytes <= batchMaxBytes;
  }

  async #pack(tally: PageProgress, turn: CoreLock, signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = this.#open ?? await this.#openBatch(turn, signal);
      const end = this.#fill(open, tally);
      if (end === "page_end") break;
      if (end === "full") {
        this.#seal(open);
        await yieldToEventLoop();
      } else await this.#replace(end, tally, turn, signal);
    }
    // Others may need the memory.
    if (this.#open?.buffer.count === 0 || this.#options.memory.isAwaited) this.flush();
  }

  /** Parks an event that is not to be sent as it is, or puts another in its place. */
  async #replace(
    event: UnsendableEvent,
    tally: PageProgress,
    turn: CoreLock,
    signal: AbortSignal,
  ): Promise<void> {
    const firstInPage = tally.events;
    tally.add(1, event.envelope.length);
    const place = { cursor: tally.cursor, indexInPage: firstInPage };
    const other = await turn.outside(() => this.#options.lone(event, place, signal), signal);
    if (!other) return tally.settle({ delivered: 0, parked: 1, resends: 0, ackTimeouts: 0 });
    this.flush(); // it is near the limit of its own, and would make the batch too large
    const { buffer, segments } = await this.#openBatch(turn, signal);
    segments.push({ tally, first: 0, firstInPage, count: 1 });
    core.append(buffer, other);
  }

  /** Sends the open batch off, however little it holds. */
  flush(): void {
    const open = this.#open;
    if (!open || open.buffer.count === 0) return this.drop();
    this.#ageWatch?.abort(SEALED);
    this.#seal(open);
  }

  /** Drops the open batch: its events are no longer ours. */
  drop(): void {
    this.#ageWatch?.abort(SEALED);
    const open = this.#open;
    this.#open = undefined;
    open?.[Symbol.dispose]();
  }

  #fill({ buffer, segments }: OpenBatch, tally: PageProgress): ReturnType<PageTranscoder["fill"]> {
    const first = buffer.count;
    const bytes = buffer.byteLength;
    const end = this.#options.line.fill(buffer);
    const count = buffer.count - first;
    if (count > 0) segments.push({ tally, first, firstInPage: tally.events, count });
    tally.add(count, buffer.byteLength - bytes, this.#options.line.oddTimes);
    return end;
  }

  async #openBatch(turn: CoreLock, signal: AbortSignal): Promise<OpenBatch> {
    const { clock, memory } = this.#options;
    const number = ++this.#batches;
    const flushIfOpen = () => {
      if (this.#open?.number === number) this.flush(); // asked for before it is filled, it waits for its age
    };
    const opened: OpenBatch = {
      ...(memory.tryTake(flushIfOpen) ??
        await turn.outside(() => memory.take(signal, flushIfOpen), signal)),
      number,
      segments: [],
      sinceMs: clock.monotonicMs(),
    };
    this.#open = opened;
    if (!this.#ageWatch) this.#watchAge();
    return opened;
  }

  /** Sends the open batch off when it is old; goes on with those behind it, as a timer for each takes time. */
  #watchAge(): void {
    const { tasks, clock, maxAgeMs } = this.#options;
    const watch = this.#ageWatch = new AbortController();
    watch.signal.addEventListener("abort", () => this.#ageWatch = undefined, { once: true });
    tasks.spawn("batch age", async (signal) => {
      const ended = AbortSignal.any([watch.signal, signal]);
      try {
        for (let open = this.#open; open; open = this.#open) {
          await clock.sleep(Math.max(0, open.sinceMs + maxAgeMs - clock.monotonicMs()), ended);
          if (this.#open && clock.monotonicMs() - this.#open.sinceMs >= maxAgeMs) this.flush();
        }
        this.#ageWatch = undefined;
      } catch (error) {
        if (error !== ended.reason) throw error;
      }
    });
  }

  #seal(open: OpenBatch): void {
    const { tasks, gzip, memory: { bodies } } = this.#options;
    const { buffer } = open;
    this.#open = undefined;
    const batch = new Batch(
      core.eventsOf(buffer),
      core.endsOf(buffer),
      gzip,
      (bytes) => bodies.take(bytes),
    );
    const body = new Uint8Array(batch.body.buffer);
    this.#packedBytes += batch.memoryBytes;
    open.packed(batch.memoryBytes);
    tasks.spawn("delivery", async (signal) => {
      try {
        const { resends } = await this.#deliver(batch, open.segments, signal);
        if (resends === 0) bodies.give(body);
        else bodies.forget(body); // a request that was given up may still be reading it
      } catch (error) {
        bodies.forget(body);
        throw error;
      } finally {
        open[Symbol.dispose]();
      }
    });
  }

  async #deliver(
    batch: Batch,
    segments: readonly Segment[],
    signal: AbortSignal,
  ): Promise<DeliveryReport> {
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
    return report;
  }
}

function placeIn(segments: readonly Segment[], at: number): EventPlace {
  const segment = segments.find(({ first, count }) => at < first + count)!;
  return {
    cursor: segment.tally.cursor,
    indexInPage: segment.firstInPage + at - segment.first,
  };
}
