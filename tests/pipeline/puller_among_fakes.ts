import assert from "node:assert/strict";
import { BufferPool } from "../../src/pipeline/buffer_pool.ts";
import { MemoryBudget, type MemoryShare } from "../../src/pipeline/memory_budget.ts";
import type { OpenPage } from "../../src/pipeline/page_pull.ts";
import {
  PagePuller,
  type PagePullerOptions,
  type PullEnd,
} from "../../src/pipeline/page_puller.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Recorder } from "../consumer/recorder.ts";
import { FakePullLogs } from "./fake_pull_logs.ts";
import { cursorOf } from "./pages.ts";

const MIB = 1024 * 1024;

/** A puller of shard 1 from cursor number 0 on, among fakes; it asks again after a second at the end. */
export class PullerAmongFakes {
  readonly clock = FakeClock.inside();
  readonly pullLogs = new FakePullLogs();
  readonly recorder = new Recorder();
  readonly memory: MemoryShare;
  readonly buffers: BufferPool;
  readonly #revoked = new AbortController();
  readonly #puller: PagePuller;
  caughtUp = 0;

  constructor(options: Partial<PagePullerOptions> = {}, memoryBytes = 16 * MIB) {
    this.memory = options.pageMemory ??
      new MemoryBudget(memoryBytes, 1).forSource("p/l");
    this.buffers = new BufferPool(() => memoryBytes, 65_536);
    this.#puller = new PagePuller(cursorOf(0), this.#revoked.signal, {
      source: "p/l",
      shard: 1,
      pullLogs: this.pullLogs,
      fetchCount: 1000,
      fetchIntervalMs: 1000,
      query: undefined,
      processor: undefined,
      pageMemory: this.memory,
      pageBuffers: this.buffers,
      clock: this.clock,
      random: () => 0.5,
      telemetry: this.recorder.telemetry,
      caughtUp: () => this.caughtUp++,
      ...options,
    });
  }

  /** Asks for the next page and lets time pass until it comes. */
  next(withinMs = 0): Promise<OpenPage | PullEnd | undefined> {
    return this.after(this.#puller.next(), withinMs);
  }

  /** Begins to ask for the next page. */
  asking(): Promise<OpenPage | PullEnd> {
    return this.#puller.next();
  }

  /** What a promise has come to after so much time. */
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
