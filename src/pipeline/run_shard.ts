import { Backoff } from "../base/backoff.ts";
import { BoundedQueue } from "../base/bounded_queue.ts";
import { Incident } from "../base/incident.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import { MalformedPage } from "../core/malformed_page.ts";
import { CorruptBody } from "../sls/decompress.ts";
import { Batcher } from "./batcher.ts";
import type { OpenPage } from "./open_page.ts";
import { PagePuller, type PullEnd } from "./page_puller.ts";
import { PageProgress } from "./page_progress.ts";
import { PageTranscoder } from "./page_transcoder.ts";
import { ShardDelivery } from "./shard_delivery.ts";
import type { SourceContext } from "./source_context.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };
/** Opened pages that wait while the one before is transcoded. */
const PAGES_AHEAD = 1;

/** A page that could not be read and must be pulled again. */
interface BrokenPage {
  readonly kind: "broken_page";
  readonly progress: PageProgress;
  readonly message: string;
}

/** A page between pulling and transcoding. */
interface PulledPage {
  readonly page: OpenPage;
  readonly progress: PageProgress;
  /** How long the shard has nothing more after it. */
  readonly pauseMs: number;
}

/**
 * Runs one shard until it ends: pull, open, transcode, batch, deliver, track, checkpoint. Failures of SLS and HEC are
 * retried without end.
 *
 * The last two steps happen in the main isolate, through `listener`: it is called when a page is pulled and when all its
 * logs are delivered, and the checkpoint moves over delivered pages without a gap
 * (`src/consumer/checkpoint_tracker.ts`, `src/consumer/checkpoint_writer.ts`).
 */
export async function runShard(
  context: SourceContext,
  job: ShardJob,
  listener: ShardListener,
): Promise<ShardEnd> {
  const { revoked, lost } = job;
  const shard = new Shard(context, job, listener);
  let start = { cursor: job.cursor, seq: 0 };
  try {
    for (;;) {
      const end = await shard.readFrom(start);
      if (end.kind === "revoked" || end.kind === "end_reached") return { kind: "drained" };
      if (end.kind !== "broken_page") return end;
      start = end.progress;
      listener.rewound(start.seq);
      await shard.waitAfter(end);
    }
  } catch (error) {
    if (lost.aborted) return { kind: "lost" };
    if (revoked.aborted && error === revoked.reason) return { kind: "drained" };
    throw error;
  }
}

/** What the passes of one run share. */
class Shard {
  readonly #context: SourceContext;
  readonly #job: ShardJob;
  readonly #listener: ShardListener;
  readonly #transcoder: PageTranscoder;
  readonly #delivery: ShardDelivery;
  readonly #incident: Incident;
  readonly #backoff: Backoff;

  constructor(context: SourceContext, job: ShardJob, listener: ShardListener) {
    const { name, env, mapping, batches } = context;
    const { shard } = job;
    this.#context = context;
    this.#job = job;
    this.#listener = listener;
    const { eventIdPrefix } = mapping;
    const shardMapping = eventIdPrefix === undefined
      ? mapping
      : { ...mapping, eventIdPrefix: `${eventIdPrefix}${shard}/` };
    this.#transcoder = new PageTranscoder(shardMapping, batches, env.clock);
    this.#delivery = new ShardDelivery(context, shard);
    const about = `${name} shard ${shard}: read the page`;
    this.#incident = new Incident(env, about, { source: name, shard });
    this.#backoff = new Backoff(RETRY, env);
  }

  /** Reads from a cursor to an end. On return, every page before the end is settled. */
  async readFrom(start: { cursor: string; seq: number }): Promise<PullEnd | BrokenPage> {
    const { revoked, lost } = this.#job;
    const pages = new BoundedQueue<PulledPage>(PAGES_AHEAD);
    const broken = new AbortController();
    let end: PullEnd | BrokenPage = { kind: "revoked" };
    await using tasks = new TaskGroup(lost);
    const batcher = new Batcher(this.#context, {
      transcoder: this.#transcoder,
      delivery: this.#delivery,
      tasks,
      onDone: ({ seq, report }) => this.#listener.done({ seq, report }),
    });
    tasks.spawn("pull and open", async (signal) => {
      const stop = AbortSignal.any([revoked, broken.signal, signal]);
      await using puller = this.#pullerFrom(start.cursor, batcher, stop);
      for (let seq = start.seq;; seq++) {
        const page = await puller.next();
        if (page.kind !== "page") {
          if (!broken.signal.aborted) end = page;
          return pages.close();
        }
        try {
          this.#listener.pulled({ seq, nextCursor: page.nextCursor });
          const progress = new PageProgress(seq, page.cursor, page);
          await pages.put({ page, progress, pauseMs: puller.pauseMs }, signal);
        } catch (error) {
          page[Symbol.dispose]();
          throw error;
        }
      }
    });
    tasks.spawn("transcode, batch and deliver", async (signal) => {
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

  #pullerFrom(cursor: string, batcher: Batcher, revoked: AbortSignal): PagePuller {
    const { shard, endCursor } = this.#job;
    const puller = new PagePuller(this.#context, { shard, cursor, endCursor, revoked }, () => {
      this.#listener.caughtUp();
      this.#flushBeforePause(batcher, puller.pauseMs);
    });
    return puller;
  }

  async #build(
    pages: BoundedQueue<PulledPage>,
    batcher: Batcher,
    signal: AbortSignal,
  ): Promise<BrokenPage | undefined> {
    for (;;) {
      const next = await pages.take(signal);
      if (!next) return undefined;
      using page = next.page;
      try {
        await batcher.add(page, next.progress, signal);
      } catch (error) {
        if (!(error instanceof MalformedPage || error instanceof CorruptBody)) throw error;
        return { kind: "broken_page", progress: next.progress, message: error.message };
      }
      this.#flushBeforePause(batcher, next.pauseMs);
      this.#incident.recovered();
      this.#backoff.succeeded();
    }
  }

  /** Sends off a batch that would be old before more of the shard can come: waiting would only delay it. */
  #flushBeforePause(batcher: Batcher, pauseMs: number): void {
    if (pauseMs >= this.#context.batches.maxAgeMs) batcher.flush();
  }

  /** Reports a broken page, and waits before it is pulled again. */
  async waitAfter({ message, progress }: BrokenPage): Promise<void> {
    const { name, env: { clock } } = this.#context;
    const { shard, revoked, lost } = this.#job;
    const retryInMs = this.#backoff.failed();
    const from = `It was pulled from ${name} shard ${shard} at cursor ${progress.cursor}`;
    this.#incident.failed(`${message}. ${from}`, {
      hint:
        "The shard waits and the page is pulled again. If this lasts, report it with the cursor",
      retryInMs,
      held: true,
      // What breaks the pages of one shard, such as a gateway that changes bodies, breaks those of others.
      cause: { what: `Reading the pages of ${name}`, kind: "broken page" },
    });
    await clock.sleep(retryInMs, AbortSignal.any([revoked, lost]));
  }
}

async function discard(pages: BoundedQueue<PulledPage>, signal: AbortSignal): Promise<void> {
  for (;;) {
    const next = await pages.take(signal);
    if (!next) return;
    next.page[Symbol.dispose]();
  }
}
