import assert from "node:assert/strict";
import type { BufferPool } from "../../src/pipeline/buffer_pool.ts";
import type { MemoryShare } from "../../src/pipeline/memory_budget.ts";
import type { OpenPage } from "../../src/pipeline/open_page.ts";
import { PagePuller, type PullEnd } from "../../src/pipeline/page_puller.ts";
import type { PullSettings, SourceContext } from "../../src/pipeline/source_context.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Recorder } from "../consumer/recorder.ts";
import type { FakePullLogs } from "./fake_pull_logs.ts";
import { cursorOf } from "./pages.ts";
import { fakeSource } from "./fake_source.ts";

const MIB = 1024 * 1024;

/** What a test sets of the puller's source, besides what is pulled. */
type Parts = Partial<
  PullSettings & Pick<SourceContext, "pageMemory" | "pullLogs"> & { endCursor: string }
>;

/** A puller of shard 1 from cursor number 0 on, among fakes; it asks again after a second at the end. */
export class PullerHarness {
  readonly clock = new FakeClock();
  readonly recorder = new Recorder();
  readonly pullLogs: FakePullLogs;
  readonly memory: MemoryShare;
  readonly buffers: BufferPool;
  readonly #revoked = new AbortController();
  readonly #puller: PagePuller;
  caughtUp = 0;

  constructor(
    { pageMemory, pullLogs, endCursor, ...pulls }: Parts = {},
    pageMemoryBytes = 16 * MIB,
  ) {
    const { clock, recorder } = this;
    const source = fakeSource({
      clock,
      recorder,
      pulls: { fetchCount: 1000, ...pulls },
      pageMemoryBytes,
    });
    this.pullLogs = source.pullLogs;
    this.memory = pageMemory ?? source.pageMemory;
    this.buffers = source.context.pageBuffers;
    const context: SourceContext = {
      ...source.context,
      pageMemory: this.memory,
      pullLogs: pullLogs ?? this.pullLogs,
    };
    const revoked = this.#revoked.signal;
    this.#puller = new PagePuller(
      context,
      { shard: 1, cursor: cursorOf(0), endCursor, revoked },
      () => this.caughtUp++,
    );
  }

  /** Asks for the next page and lets time pass until it comes. */
  next(withinMs = 0): Promise<OpenPage | PullEnd | undefined> {
    return this.after(this.#puller.next(), withinMs);
  }

  /** Begins to ask for the next page. */
  asking(): Promise<OpenPage | PullEnd> {
    return this.#puller.next();
  }

  /** The state of a promise after this time. */
  async after<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
    let result: T | undefined;
    const waiting = promise.then((value) => result = value);
    await this.clock.advance(ms);
    if (result !== undefined) await waiting;
    return result;
  }

  /** The next page, which must come. */
  async page(withinMs = 0): Promise<OpenPage> {
    const next = await this.next(withinMs);
    assert.ok(next, `no page came within ${withinMs} ms`);
    assert.equal(next.kind, "page");
    return next as OpenPage;
  }

  /** Ends what is pulled ahead. */
  async dispose(): Promise<void> {
    await this.#puller[Symbol.asyncDispose]();
  }

  revoke(): void {
    this.#revoked.abort(new Error("revoked"));
  }
}
