import assert from "node:assert/strict";
import { CheckpointTracker } from "../../src/consumer/checkpoint_tracker.ts";
import type { PageReport, ShardEnd, ShardListener } from "../../src/consumer/ports.ts";
import type { BatchLimits } from "../../src/pipeline/page_transcoder.ts";
import { runShard } from "../../src/pipeline/run_shard.ts";
import { cursorOf } from "./pages.ts";
import { fakeSource } from "./fake_source.ts";

export interface ShardLimits extends BatchLimits {
  readonly fetchCount: number;
  readonly maxAgeMs: number;
  readonly pageMemoryBytes: number;
  readonly batchMemoryBytes: number;
  /** Where the shard ends for this run. */
  readonly endCursor: string;
}

/**
 * The stream of shard 1 with fake ports, from cursor number 0 on. By default a page holds one log
 * group and a batch two events.
 */
export class ShardHarness {
  readonly #source: ReturnType<typeof fakeSource>;
  /** Follows what the listener gets, and throws where that cannot be. */
  readonly tracker = new CheckpointTracker(cursorOf(0), cursorOf(0));
  readonly reports = new Map<number, PageReport>();
  readonly rewinds: number[] = [];
  /** What the listener throws when a page is pulled. */
  listenerFailure: Error | undefined;
  caughtUp = 0;
  end: ShardEnd | undefined;
  error: unknown;
  readonly #endCursor: string | undefined;
  readonly #revoked = new AbortController();
  readonly #lost = new AbortController();
  #running: Promise<void> | undefined;

  constructor(limits: Partial<ShardLimits> = {}) {
    const { fetchCount = 1, pageMemoryBytes, batchMemoryBytes, endCursor, ...batches } = limits;
    this.#endCursor = endCursor;
    this.#source = fakeSource({
      pulls: { fetchCount },
      batches,
      ...(pageMemoryBytes !== undefined && { pageMemoryBytes }),
      ...(batchMemoryBytes !== undefined && { batchMemoryBytes }),
    });
  }

  get clock() {
    return this.#source.clock;
  }

  get pullLogs() {
    return this.#source.pullLogs;
  }

  get delivery() {
    return this.#source.delivery;
  }

  get recorder() {
    return this.#source.recorder;
  }

  get pageMemory() {
    return this.#source.pageMemory;
  }

  get batchShare() {
    return this.#source.batchShare;
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
      endCursor: this.#endCursor,
      revoked: this.#revoked.signal,
      lost: this.#lost.signal,
    };
    this.#running = runShard(this.#source.context, job, listener)
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
    assert.ok(this.end !== undefined || this.error !== undefined, "the stream has not ended");
    await this.#running;
    assert.equal(this.pageMemory.reservedBytes, 0, "page memory is still reserved");
    assert.equal(this.batchShare.reservedBytes, 0, "batch memory is still reserved");
    assert.equal(this.clock.sleeping, 0, "a task still sleeps");
    assert.equal(this.pullLogs.inFlight, 0, "a pull is still under way");
    assert.deepEqual(this.delivery.open, [], "a delivery is still under way");
    return this.end;
  }
}
