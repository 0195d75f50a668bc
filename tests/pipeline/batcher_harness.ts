import assert from "node:assert/strict";
import { TaskGroup } from "../../src/base/task_group.ts";
import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { MemoryBudget, type MemoryShare } from "../../src/pipeline/memory_budget.ts";
import { Batcher } from "../../src/pipeline/batcher.ts";
import type { EventPlace } from "../../src/pipeline/shard_delivery.ts";
import { type BatchLimits, PageTranscoder } from "../../src/pipeline/page_transcoder.ts";
import type { OpenPage } from "../../src/pipeline/open_page.ts";
import { PageProgress } from "../../src/pipeline/page_progress.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { plainMapping } from "./pages.ts";
import { RecordingDelivery } from "./recording_delivery.ts";

export const MAX_AGE_MS = 1000;

/** A batcher with fake ports. Its limits fit two events of one letter into a batch by default. */
export class BatcherHarness {
  readonly clock = new FakeClock();
  readonly delivery = new RecordingDelivery();
  readonly tasks: TaskGroup;
  readonly memory: BatchMemory;
  readonly share: MemoryShare;
  readonly batcher: Batcher;
  /** Numbers of the pages reported complete, in that order. */
  readonly completed: number[] = [];
  /** Events that were too large, and where they come from. */
  readonly tooLarge: { text: string; place: EventPlace }[] = [];
  /** Makes such an event shorter; undefined parks it. */
  shorten: (text: string) => string | undefined = () => undefined;
  readonly #lost = new AbortController();
  #pages = 0;

  /** @param other Shares its memory. */
  constructor(
    limits: Partial<BatchLimits> = {},
    memoryBytes = 100_000_000,
    other?: BatcherHarness,
  ) {
    const all: BatchLimits = {
      maxBytes: 1_000_000,
      maxEvents: 2,
      maxEventBytes: 4_000_000,
      ...limits,
    };
    this.tasks = new TaskGroup(this.#lost.signal);
    this.share = other?.share ?? new MemoryBudget(memoryBytes, 1).forSource("p/l");
    this.memory = other?.memory ?? new BatchMemory(this.share, all.maxBytes);
    const { clock, delivery } = this;
    const env = { clock, random: () => 0.5, telemetry: () => {} };
    const batches = { ...all, maxAgeMs: MAX_AGE_MS, gzip: true, oversize: "park" } as const;
    this.batcher = new Batcher({ name: "p/l", env, batches, batchMemory: this.memory }, {
      transcoder: new PageTranscoder(plainMapping, all),
      tasks: this.tasks,
      delivery: {
        deliver: delivery.deliver,
        replace: ({ envelope: event }, place) => {
          const text = new TextDecoder().decode(event);
          this.tooLarge.push({ text, place });
          const shorter = this.shorten(text);
          return Promise.resolve(
            shorter === undefined ? undefined : new TextEncoder().encode(shorter),
          );
        },
      },
      onDone: (progress) => {
        assert.ok(progress.complete);
        this.completed.push(progress.seq);
      },
    });
  }

  newTally(): PageProgress {
    const seq = this.#pages++;
    return new PageProgress(seq, `cursor of page ${seq}`);
  }

  /** Hands a page over, as its shard does. */
  async add(page: OpenPage, tally = this.newTally()): Promise<PageProgress> {
    await this.batcher.add(page, tally, this.tasks.signal);
    return tally;
  }

  /** What was built is no longer ours. */
  lose(): void {
    this.#lost.abort(new Error("lost"));
  }

  /** Lets everything end, and checks that no memory is reserved. */
  async end(): Promise<void> {
    this.batcher.flush();
    await this.tasks.join();
    this.batcher.drop();
    assert.equal(this.share.reservedBytes, 0, "batch memory is still reserved");
    assert.equal(this.clock.sleeping, 0, "a task still sleeps");
  }
}
