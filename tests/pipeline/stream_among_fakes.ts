import assert from "node:assert/strict";
import { CheckpointTracker } from "../../src/consumer/checkpoint_tracker.ts";
import type { PageReport, ShardEnd, ShardListener } from "../../src/consumer/ports.ts";
import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { type BatchLimits, PageTranscoder } from "../../src/pipeline/page_transcoder.ts";
import { BufferPool } from "../../src/pipeline/buffer_pool.ts";
import { MemoryBudget, type MemoryShare } from "../../src/pipeline/memory_budget.ts";
import { ShardStream } from "../../src/pipeline/shard_stream.ts";
import { Recorder } from "../consumer/recorder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakePullLogs } from "./fake_pull_logs.ts";
import { cursorOf, plainMapping } from "./pages.ts";
import { RecordingDelivery } from "./recording_delivery.ts";

export interface StreamLimits extends BatchLimits {
  readonly fetchCount: number;
  readonly maxAgeMs: number;
  readonly pageMemoryBytes: number;
  readonly batchMemoryBytes: number;
}

/**
 * The stream of shard 1 among fakes, from cursor number 0 on. Unless told otherwise, a page holds one log
 * group and a batch two events.
 */
export class StreamAmongFakes {
  readonly clock = FakeClock.inside();
  readonly pullLogs = new FakePullLogs();
  readonly delivery = new RecordingDelivery();
  readonly recorder = new Recorder();
  readonly pageMemory: MemoryShare;
  readonly batchShare: MemoryShare;
  readonly batchMemory: BatchMemory;
  /** Follows what the listener is told, and throws where that cannot be. */
  readonly tracker = new CheckpointTracker(cursorOf(0), cursorOf(0));
  readonly reports = new Map<number, PageReport>();
  readonly rewinds: number[] = [];
  /** What the listener throws when a page is pulled. */
  listenerFailure: Error | undefined;
  caughtUp = 0;
  end: ShardEnd | undefined;
  error: unknown;
  readonly #limits: StreamLimits;
  readonly #revoked = new AbortController();
  readonly #lost = new AbortController();
  #running: Promise<void> | undefined;

  constructor(limits: Partial<StreamLimits> = {}) {
    this.#limits = {
      maxBytes: 100_000,
      maxEvents: 2,
      maxEventBytes: 4_000_000,
      fetchCount: 1,
      maxAgeMs: 1000,
      pageMemoryBytes: 64 * 1024 * 1024,
      batchMemoryBytes: 64 * 1024 * 1024,
      ...limits,
    };
    this.pageMemory = new MemoryBudget(this.#limits.pageMemoryBytes, 1).forSource("p/l");
    this.batchShare = new MemoryBudget(this.#limits.batchMemoryBytes, 1).forSource("p/l");
    this.batchMemory = new BatchMemory(this.batchShare, this.#limits.maxBytes);
  }

  /** Starts the stream and lets it come as far as it can without time passing. */
  async start(): Promise<void> {
    const listener: ShardListener = {
      pulled: ({ seq, nextCursor }) => {
        if (this.listenerFailure) throw this.listenerFailure;
        this.tracker.pulled(seq, nextCursor);
      },
      done: ({ seq, report }) => {
        this.tracker.done(seq, report);
        this.reports.set(seq, report);
      },
      rewound: (seq) => {
        this.tracker.rewound(seq);
        this.rewinds.push(seq);
      },
      caughtUp: () => this.caughtUp++,
    };
    const job = {
      shard: 1,
      cursor: cursorOf(0),
      revoked: this.#revoked.signal,
      lost: this.#lost.signal,
    };
    const stream = new ShardStream(job, listener, {
      source: "p/l",
      shard: 1,
      pullLogs: this.pullLogs,
      fetchCount: this.#limits.fetchCount,
      fetchIntervalMs: 1000,
      query: undefined,
      processor: undefined,
      pageMemory: this.pageMemory,
      pageBuffers: new BufferPool(() => this.#limits.pageMemoryBytes, 65_536),
      batchMemory: this.batchMemory,
      line: new PageTranscoder(plainMapping, this.#limits),
      gzip: false,
      maxAgeMs: this.#limits.maxAgeMs,
      lone: () => Promise.resolve(undefined),
      deliver: this.delivery.deliver,
      clock: this.clock,
      random: () => 0.5,
      telemetry: this.recorder.telemetry,
    });
    this.#running = stream.run()
      .then((end) => void (this.end = end), (error) => this.error = error);
    await this.clock.advance(0);
  }

  /** Number of the cursor up to which everything is done. */
  get reached(): number {
    return Number(atob(this.tracker.reached));
  }

  revoke(): void {
    this.#revoked.abort(new Error("revoked"));
  }

  lose(): void {
    this.#lost.abort(new Error("lost"));
  }

  /** Lets the stream come as far as it can, and checks that it has ended with nothing left behind. */
  async ended(): Promise<ShardEnd | undefined> {
    await this.clock.advance(0);
    assert.ok(this.end !== undefined || this.error !== undefined, "the stream goes on");
    await this.#running;
    assert.equal(this.pageMemory.reservedBytes, 0, "page memory is still held");
    assert.equal(this.batchShare.reservedBytes, 0, "batch memory is still held");
    assert.equal(this.clock.sleeping, 0, "somebody still sleeps");
    assert.equal(this.pullLogs.inFlight, 0, "a pull is still under way");
    assert.deepEqual(this.delivery.open, [], "a delivery is still under way");
    return this.end;
  }
}
