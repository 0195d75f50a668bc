import { backoffMs } from "../base/backoff.ts";
import { BoundedQueue } from "../base/bounded_queue.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import type { Batch } from "../core/batch.ts";
import type { DeliveryReport } from "../hec/delivery_report.ts";
import type { Gzip } from "../core/gzip.ts";
import { CorruptBody } from "../sls/decompress.ts";
import { MalformedPage } from "../core/malformed_page.ts";
import type { BatchMemory } from "./batch_memory.ts";
import { Batcher, type BatcherOptions, type EventPlace } from "./batcher.ts";
import type { PageTranscoder } from "./page_transcoder.ts";
import type { OpenPage } from "./page_pull.ts";
import { PagePuller, type PagePullerOptions, type PullEnd } from "./page_puller.ts";
import { PageProgress } from "./page_progress.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };
/** Pages that wait, opened, while the one before is being built: read-ahead. */
const PAGES_AHEAD = 1;

export interface ShardStreamOptions extends Omit<PagePullerOptions, "caughtUp"> {
  readonly line: PageTranscoder;
  readonly gzip: Gzip;
  readonly maxAgeMs: number;
  readonly batchMemory: BatchMemory;
  readonly lone: BatcherOptions["lone"];
  readonly deliver: (
    batch: Batch,
    placeOf: (at: number) => EventPlace,
    signal: AbortSignal,
  ) => Promise<DeliveryReport>;
}

/** A page that could not be read and must be pulled again. */
interface BrokenPage {
  readonly kind: "broken_page";
  readonly tally: PageProgress;
  readonly message: string;
}

interface NumberedPage {
  readonly page: OpenPage;
  readonly tally: PageProgress;
  /** How long nothing comes behind it. */
  readonly pauseMs: number;
}

/** One shard's way through the data plane: pull, open, transcode, batch, deliver; one page ahead. */
export class ShardStream {
  readonly #job: ShardJob;
  readonly #listener: ShardListener;
  readonly #options: ShardStreamOptions;
  #nextSeq = 0;
  #failures = 0;

  constructor(job: ShardJob, listener: ShardListener, options: ShardStreamOptions) {
    this.#job = job;
    this.#listener = listener;
    this.#options = options;
  }

  /** Runs until the shard ends; failures of the outside are tried again without end. */
  async run(): Promise<ShardEnd> {
    const { revoked, lost } = this.#job;
    let cursor = this.#job.cursor;
    try {
      for (;;) {
        const end = await this.#pass(cursor);
        if (end.kind === "revoked") return { kind: "drained" };
        if (end.kind !== "broken_page") return end;
        cursor = end.tally.cursor;
        this.#nextSeq = end.tally.seq;
        this.#listener.rewound(end.tally.seq);
        await this.#waitAfter(end);
      }
    } catch (error) {
      if (lost.aborted) return { kind: "lost" };
      if (revoked.aborted && error === revoked.reason) return { kind: "drained" };
      throw error;
    }
  }

  /** Reads on from a cursor until an end, with everything before it settled. */
  async #pass(cursor: string): Promise<PullEnd | BrokenPage> {
    const { revoked, lost } = this.#job;
    const pages = new BoundedQueue<NumberedPage>(PAGES_AHEAD);
    const broken = new AbortController();
    let end: PullEnd | BrokenPage = { kind: "revoked" };
    await using tasks = new TaskGroup(lost);
    const batcher = new Batcher({
      ...this.#options,
      memory: this.#options.batchMemory,
      tasks,
      onComplete: (tally) => this.#listener.done({ seq: tally.seq, report: tally.report }),
    });
    tasks.spawn("pull", async (signal) => {
      const stopPulling = AbortSignal.any([revoked, broken.signal, signal]);
      const pullEnd = await this.#pull(cursor, pages, batcher, stopPulling, signal);
      if (!broken.signal.aborted) end = pullEnd;
      pages.close();
    });
    tasks.spawn("build", async (signal) => {
      const brokenPage = await this.#build(pages, batcher, signal);
      if (brokenPage) {
        end = brokenPage;
        broken.abort(new Error("A page is broken"));
        await discard(pages, signal); // until the pulling has ended
      }
      batcher.flush();
    });
    try {
      await tasks.join();
    } finally {
      batcher.drop();
      for (const { page } of pages.drain()) page[Symbol.dispose]();
    }
    lost.throwIfAborted();
    return end;
  }

  async #pull(
    cursor: string,
    pages: BoundedQueue<NumberedPage>,
    batcher: Batcher,
    stopPulling: AbortSignal,
    signal: AbortSignal,
  ): Promise<PullEnd> {
    await using puller = new PagePuller(cursor, stopPulling, {
      ...this.#options,
      caughtUp: () => {
        this.#listener.caughtUp();
        this.#flushBeforePause(batcher, puller.pauseMs);
      },
    });
    for (;;) {
      const page = await puller.next();
      if (page.kind !== "page") return page;
      const seq = this.#nextSeq++;
      const tally = new PageProgress(seq, page.cursor, page);
      try {
        this.#listener.pulled({ seq, nextCursor: page.nextCursor });
        await pages.put({ page, tally, pauseMs: puller.pauseMs }, signal);
      } catch (error) {
        page[Symbol.dispose]();
        throw error;
      }
    }
  }

  async #build(
    pages: BoundedQueue<NumberedPage>,
    batcher: Batcher,
    signal: AbortSignal,
  ): Promise<BrokenPage | undefined> {
    for (;;) {
      const next = await pages.take(signal);
      if (!next) return undefined;
      const { page, tally, pauseMs } = next;
      try {
        await batcher.add(page, tally, signal);
        this.#flushBeforePause(batcher, pauseMs);
        if (this.#failures > 0) this.#options.telemetry({ type: "recovered", about: this.#about });
        this.#failures = 0;
      } catch (error) {
        if (!(error instanceof MalformedPage || error instanceof CorruptBody)) throw error;
        return { kind: "broken_page", tally, message: error.message };
      } finally {
        page[Symbol.dispose]();
      }
    }
  }

  /** Sends a batch that would be old before more of the shard can come: waiting would only delay it. */
  #flushBeforePause(batcher: Batcher, pauseMs: number): void {
    if (pauseMs >= this.#options.maxAgeMs) batcher.flush();
  }

  async #waitAfter({ message, tally }: BrokenPage): Promise<void> {
    const { clock, random, telemetry, source, shard } = this.#options;
    const retryInMs = backoffMs(RETRY, ++this.#failures, random);
    telemetry({
      type: "trouble",
      about: this.#about,
      message: `${message}. It was pulled from ${source} shard ${shard} at cursor ${tally.cursor}`,
      hint:
        "The shard waits and the page is pulled again. If this lasts, report it with the cursor",
      retryInMs,
      held: true,
      // What breaks one shard's pages, such as a gateway that changes bodies, breaks those of others.
      cause: { what: `Reading the pages of ${source}`, kind: "broken page" },
      source,
      shard,
    });
    await clock.sleep(retryInMs, AbortSignal.any([this.#job.revoked, this.#job.lost]));
  }

  get #about(): string {
    return `${this.#options.source} shard ${this.#options.shard}: read the page`;
  }
}

async function discard(pages: BoundedQueue<NumberedPage>, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = await pages.take(signal);
    if (!next) return;
    next.page[Symbol.dispose]();
  }
}
