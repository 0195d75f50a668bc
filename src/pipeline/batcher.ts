import type { Env } from "../base/env.ts";
import type { TaskGroup } from "../base/task_group.ts";
import { yieldToEventLoop } from "../base/runtime.ts";
import { core } from "../core/core.ts";
import { Batch } from "../core/batch.ts";
import type { DeliveryReport } from "../hec/delivery_context.ts";
import type { BatchInUse, BatchMemory } from "./batch_memory.ts";
import { CoreLock } from "./core_lock.ts";
import type { PageTranscoder, UnsendableEvent } from "./page_transcoder.ts";
import type { OpenPage } from "./open_page.ts";
import type { PageProgress } from "./page_progress.ts";
import type { EventPlace, ShardDelivery } from "./shard_delivery.ts";
import type { BatchSettings, SourceContext } from "./source_context.ts";

/** Why the wait for a batch's age ends. Shared: to create an error takes time. */
const SEALED = new DOMException("The batch is sent off or dropped", "AbortError");
/** Bytes of events to expect of one byte of a page. */
const EVENT_RATIO = 2;

/** What a batcher uses of its source. */
interface BatcherContext {
  /** Of the source. */
  readonly name: string;
  readonly env: Env;
  readonly batches: BatchSettings;
  readonly batchMemory: BatchMemory;
  readonly onReplacedIndexes?: SourceContext["onReplacedIndexes"];
}

/** What belongs to one shard. */
interface BatcherShard {
  readonly transcoder: PageTranscoder;
  readonly delivery: Pick<ShardDelivery, "deliver" | "replace">;
  /** Owns the deliveries. */
  readonly tasks: TaskGroup;
  /** Called when all events of a page are settled. */
  readonly onDone: (page: PageProgress) => void;
}

/** Events of one page in a batch: `count` from number `first` on. */
interface Segment {
  readonly progress: PageProgress;
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
 * Packs the events of one shard's pages into batches, in log order and across pages, and sends each off when it is
 * full or old.
 */
export class Batcher {
  readonly #context: BatcherContext;
  readonly #shard: BatcherShard;
  #open: OpenBatch | undefined;
  /** Batches opened so far. */
  #batches = 0;
  /** Ends the wait for the age of the open batch and those after it. */
  #ageWatch: AbortController | undefined;
  /** Bytes of all packed batches so far. */
  #packedBytes = 0;
  /** Packed bytes for each byte of the page before. */
  #packedRatio = EVENT_RATIO;

  constructor(context: BatcherContext, shard: BatcherShard) {
    this.#context = context;
    this.#shard = shard;
  }

  /**
   * Transcodes a page into batches. Returns when the page's memory is no longer needed.
   * @throws {CorruptBody} before any of the page is taken.
   * @throws {MalformedPage} before any of the page is taken.
   */
  async add(page: OpenPage, progress: PageProgress, signal: AbortSignal): Promise<void> {
    const { transcoder, onDone } = this.#shard;
    const { rawBytes } = page;
    {
      using lock = await this.#lockCore(rawBytes, signal);
      const before = this.#packedBytes;
      transcoder.begin(page);
      if (rawBytes > 0) {
        await this.#pack(progress, lock, signal);
        this.#packedRatio = (this.#packedBytes - before) / rawBytes;
      }
    }
    progress.finish(rawBytes);
    if (progress.complete) onDone(progress);
  }

  /**
   * Waits for the core, and first for the memory that the page will need: a page that waits for memory halfway would
   * have to make room for others, and be opened a second time.
   */
  async #lockCore(rawBytes: number, signal: AbortSignal): Promise<CoreLock> {
    const { name, batchMemory } = this.#context;
    for (;;) {
      const lock = await CoreLock.acquire(name, signal);
      const packedBytes = Math.ceil(rawBytes * this.#packedRatio);
      if (this.#fitsOpen(rawBytes * EVENT_RATIO) || batchMemory.hasRoom(packedBytes)) return lock;
      lock[Symbol.dispose]();
      await batchMemory.room(packedBytes, signal);
    }
  }

  /** Whether this many bytes of events need no memory besides that of the open batch. */
  #fitsOpen(eventBytes: number): boolean {
    if (eventBytes === 0) return true;
    const { maxBytes } = this.#context.batches;
    return this.#open !== undefined && this.#open.buffer.byteLength + eventBytes <= maxBytes;
  }

  async #pack(progress: PageProgress, lock: CoreLock, signal: AbortSignal): Promise<void> {
    for (;;) {
      const open = this.#open ?? await this.#openBatch(lock, signal);
      const end = this.#fill(open, progress);
      if (end === "page_end") break;
      if (end === "full") {
        this.#seal(open);
        await yieldToEventLoop();
      } else await this.#replace(end, progress, lock, signal);
    }
    // Other shards may need the memory.
    if (this.#open?.buffer.count === 0 || this.#context.batchMemory.isAwaited) this.flush();
  }

  /** Parks an event that cannot be sent as it is, or puts another one in its place. */
  async #replace(
    event: UnsendableEvent,
    progress: PageProgress,
    lock: CoreLock,
    signal: AbortSignal,
  ): Promise<void> {
    const { delivery } = this.#shard;
    const firstInPage = progress.events;
    progress.add(1, event.envelope.length);
    const place = { cursor: progress.cursor, indexInPage: firstInPage };
    const other = await lock.outside(() => delivery.replace(event, place, signal), signal);
    if (!other) return progress.settle({ delivered: 0, parked: 1, resends: 0, ackTimeouts: 0 });
    this.flush(); // it is close to the size limit, and would make the batch too large
    const { buffer, segments } = await this.#openBatch(lock, signal);
    segments.push({ progress, first: 0, firstInPage, count: 1 });
    core.append(buffer, other);
  }

  /** Sends the open batch off, however few events it has. */
  flush(): void {
    const open = this.#open;
    if (!open || open.buffer.count === 0) return this.drop();
    this.#endAgeWatch();
    this.#seal(open);
  }

  /** Drops the open batch: its shard is lost. */
  drop(): void {
    this.#endAgeWatch();
    const open = this.#open;
    this.#open = undefined;
    open?.[Symbol.dispose]();
  }

  #fill(
    { buffer, segments }: OpenBatch,
    progress: PageProgress,
  ): ReturnType<PageTranscoder["fill"]> {
    const { transcoder } = this.#shard;
    const first = buffer.count;
    const bytes = buffer.byteLength;
    const end = transcoder.fill(buffer);
    const count = buffer.count - first;
    if (count > 0) segments.push({ progress, first, firstInPage: progress.events, count });
    progress.add(count, buffer.byteLength - bytes, transcoder.oddTimes);
    progress.drop(transcoder.droppedLogs);
    const { replacedIndexes } = transcoder;
    if (replacedIndexes > 0) this.#context.onReplacedIndexes?.(replacedIndexes);
    return end;
  }

  async #openBatch(lock: CoreLock, signal: AbortSignal): Promise<OpenBatch> {
    const { env, batchMemory } = this.#context;
    const number = ++this.#batches;
    const flushIfOpen = () => {
      if (this.#open?.number === number) this.flush(); // a batch without events waits for its age
    };
    const batch = batchMemory.tryTake(flushIfOpen) ??
      await lock.outside(() => batchMemory.take(signal, flushIfOpen), signal);
    const sinceMs = env.clock.monotonicMs();
    const open: OpenBatch = {
      buffer: batch.buffer,
      packed: batch.packed,
      [Symbol.dispose]: batch[Symbol.dispose],
      number,
      segments: [],
      sinceMs,
    };
    this.#open = open;
    if (!this.#ageWatch) this.#watchAge();
    return open;
  }

  /** Sends the open batch off when it is old, and watches those after it: a timer for each would take time. */
  #watchAge(): void {
    const { env: { clock }, batches: { maxAgeMs } } = this.#context;
    const watch = this.#ageWatch = new AbortController();
    this.#shard.tasks.spawn("batch age", async (signal) => {
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

  #endAgeWatch(): void {
    this.#ageWatch?.abort(SEALED);
    this.#ageWatch = undefined;
  }

  #seal(open: OpenBatch): void {
    const { batches: { gzip }, batchMemory: { bodies } } = this.#context;
    const { buffer } = open;
    this.#open = undefined;
    const allocate = (bytes: number) => bodies.take(bytes);
    const batch = new Batch(core.eventsOf(buffer), core.endsOf(buffer), gzip, allocate);
    const body = new Uint8Array(batch.body.buffer);
    this.#packedBytes += batch.memoryBytes;
    open.packed(batch.memoryBytes);
    this.#shard.tasks.spawn("delivery", async (signal) => {
      using _memory = open;
      let bodyIsFree = false;
      try {
        ({ bodyIsFree } = await this.#deliver(batch, open.segments, signal));
      } finally {
        if (bodyIsFree) bodies.give(body);
        else bodies.forget(body);
      }
    });
  }

  async #deliver(
    batch: Batch,
    segments: readonly Segment[],
    signal: AbortSignal,
  ): Promise<DeliveryReport> {
    signal.throwIfAborted(); // the batch was filled after the shard was lost
    const { delivery, onDone } = this.#shard;
    const report = await delivery.deliver(batch, (at) => placeIn(segments, at), signal);
    const { resends, ackTimeouts } = report;
    for (const [i, { progress, first, count }] of segments.entries()) {
      const parked = report.parked.filter((at) => at >= first && at < first + count).length;
      // A request that is sent again is counted with the first page in it.
      const again = i === 0 ? { resends, ackTimeouts } : { resends: 0, ackTimeouts: 0 };
      progress.settle({ delivered: count - parked, parked, ...again });
      if (progress.complete) onDone(progress);
    }
    return report;
  }
}

function placeIn(segments: readonly Segment[], at: number): EventPlace {
  const segment = segments.find(({ first, count }) => at < first + count)!;
  return {
    cursor: segment.progress.cursor,
    indexInPage: segment.firstInPage + at - segment.first,
  };
}
