import assert from "node:assert/strict";
import type { DataPlane, ShardEnd, ShardJob, ShardListener } from "../../src/consumer/ports.ts";
import { type Fault, obey } from "./fault.ts";
import { reportOf } from "./recorder.ts";

/**
 * One run of a shard, moved by the test. By itself it only does what every data plane must: it ends
 * when it is dropped, or when it is revoked and no page is open.
 */
export class FakeRun {
  readonly job: ShardJob;
  readonly #listener: ShardListener;
  readonly #ended = Promise.withResolvers<ShardEnd>();
  readonly #open = new Set<number>();
  #nextSeq = 0;
  running = true;

  constructor(job: ShardJob, listener: ShardListener) {
    this.job = job;
    this.#listener = listener;
  }

  /** Numbers of the open pages. */
  get open(): number[] {
    return [...this.#open];
  }

  async result(): Promise<ShardEnd> {
    const { revoked, lost } = this.job;
    const drop = () => this.end({ kind: "lost" });
    const drain = () => this.#endIfDrained();
    if (lost.aborted) drop();
    else if (revoked.aborted) drain();
    lost.addEventListener("abort", drop, { once: true });
    revoked.addEventListener("abort", drain, { once: true });
    try {
      return await this.#ended.promise;
    } finally {
      this.running = false;
      lost.removeEventListener("abort", drop);
      revoked.removeEventListener("abort", drain);
    }
  }

  /** Pulls a page. @returns its number. */
  pull(nextCursor: string): number {
    assert.ok(!this.job.revoked.aborted, "a revoked shard pulls no more");
    const seq = this.#nextSeq++;
    this.#open.add(seq);
    this.#listener.pulled({ seq, nextCursor });
    return seq;
  }

  done(seq: number, logs = 1): void {
    assert.ok(this.running, "nothing gets done after the end");
    this.#open.delete(seq);
    this.#listener.done({ seq, report: reportOf(logs) });
    if (this.job.revoked.aborted) this.#endIfDrained();
  }

  /** Pulls a page and finishes it. */
  deliver(nextCursor: string): void {
    this.done(this.pull(nextCursor));
  }

  rewind(seq: number): void {
    for (const open of this.#open) if (open >= seq) this.#open.delete(open);
    this.#nextSeq = seq;
    this.#listener.rewound(seq);
  }

  caughtUp(): void {
    this.#listener.caughtUp();
  }

  end(end: ShardEnd): void {
    this.#ended.resolve(end);
  }

  refuseCursor(): void {
    this.end({ kind: "invalid_cursor", cursor: this.job.cursor, message: "InvalidCursor" });
  }

  fail(error: Error): void {
    this.#ended.reject(error);
  }

  #endIfDrained(): void {
    if (this.#open.size === 0) this.end({ kind: "drained" });
  }
}

/** A data plane whose shards are moved by the test. */
export class FakeDataPlane implements DataPlane {
  readonly runs: FakeRun[] = [];
  readonly notices: Readonly<Record<string, string | number>>[] = [];
  /** What goes wrong with notices; called for each one. */
  noticeFault: () => Fault | undefined = () => undefined;
  /** Called for each run that begins. */
  onRun: (run: FakeRun) => void = () => {};

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const twin = this.runs.find((run) => run.running && run.job.shard === job.shard);
    assert.equal(twin, undefined, `shard ${job.shard} is run twice at once`);
    const run = new FakeRun(job, listener);
    this.runs.push(run);
    this.onRun(run);
    return await run.result();
  }

  async notify(
    event: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<void> {
    this.notices.push(event);
    await obey(this.noticeFault(), signal);
  }

  /** The latest run of a shard. */
  of(shard: number): FakeRun {
    const run = this.runs.findLast((run) => run.job.shard === shard);
    assert.ok(run, `shard ${shard} was never run`);
    return run;
  }

  /** Shards that run now, sorted. */
  get running(): number[] {
    return this.runs.filter((run) => run.running).map((run) => run.job.shard).sort();
  }
}
