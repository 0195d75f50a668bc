import assert from "node:assert/strict";
import fc from "fast-check";
import type { FakeRun } from "./fake_data_plane.ts";
import type { Fault } from "./fault.ts";
import { SourceHarness } from "./source_harness.ts";

const SHARDS = [0, 1, 2];

const shard = fc.constantFrom(...SHARDS);
const shards = fc.subarray(SHARDS);
/** What may happen next, and how long it is quiet before. */
const step = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.nat(6000), fc.nat(30_000), fc.nat(90_000)),
  event: fc.oneof(
    { weight: 3, arbitrary: fc.record({ what: fc.constant("grant" as const), shards }) },
    { weight: 5, arbitrary: fc.record({ what: fc.constant("pull" as const), shard }) },
    {
      weight: 6,
      arbitrary: fc.record({ what: fc.constant("done" as const), shard, which: fc.nat(5) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ what: fc.constant("rewind" as const), shard, which: fc.nat(5) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant("fault" as const),
        call: fc.constantFrom("heartbeat", "writeCheckpoint", "checkpoint", "list", "all"),
        fault: fc.constantFrom("error", "hang", "none"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant("answer" as const),
        kind: fc.constantFrom("forgotten" as const, "group_missing" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("refuse" as const), shard }) },
    {
      weight: 1,
      arbitrary: fc.record({
        what: fc.constant("end" as const),
        shard,
        how: fc.constantFrom("gone", "invalid_cursor", "crash"),
      }),
    },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What the source must never do, whatever the server does. */
class Watch {
  readonly source = new SourceHarness();
  /** Per shard, the next cursors of all pages in the order of pulling, and what is finished. */
  readonly #pages = new Map<
    number,
    { cursor: string; done: boolean; run: FakeRun; seq: number }[]
  >();
  readonly #finished = new Map<number, Set<string>>();
  readonly #refusing = new Set<number>();
  readonly #refused = new Set<number>();
  /** When the last heartbeat that the server answered was sent. */
  #answeredMs = 0;
  #cursors = 0;
  /** Found inside the ports, where an error would be taken for one of the server's. */
  readonly #broken: string[] = [];
  #fault: (call: string) => Fault | undefined = () => undefined;

  constructor() {
    const { group, dataPlane } = this.source;
    group.fault = (call) => this.#fault(call);
    group.refusal = (shard) => {
      if (!this.#refusing.delete(shard)) return undefined;
      this.#refused.add(shard);
      return "ConsumerNotMatch";
    };
    this.#checkWrites();
    this.#checkHeartbeats();
    dataPlane.onRun = (run) => {
      const { shard, cursor } = run.job;
      // It continues where everything before is finished: at the checkpoint or at the start.
      this.#expect(this.#isFinished(shard, cursor), `shard ${shard} begins at ${cursor}`);
      this.#pages.set(shard, []);
    };
  }

  #checkWrites(): void {
    const { group, clock } = this.source;
    const read = group.checkpoint.bind(group);
    group.checkpoint = (shard, signal) => {
      this.#refused.delete(shard); // a new lease begins
      return read(shard, signal);
    };
    const write = group.writeCheckpoint.bind(group);
    group.writeCheckpoint = (consumer, shard, cursor, signal) => {
      const what = `shard ${shard} is written at ${cursor}`;
      this.#expect(signal?.aborted === false, `${what} after it ended`);
      this.#expect(clock.monotonicMs() < this.#answeredMs + 60_000, `${what} beyond the timeout`);
      this.#expect(!this.#refused.has(shard), `${what} after a refusal`);
      this.#expect(this.#isFinished(shard, cursor), `${what}, past an unfinished page`);
      return write(consumer, shard, cursor, signal);
    };
  }

  #checkHeartbeats(): void {
    const { group, clock, dataPlane } = this.source;
    const heartbeat = group.heartbeat.bind(group);
    group.heartbeat = async (consumer, reported, timeoutMs, signal) => {
      const sentMs = clock.monotonicMs();
      const unreported = dataPlane.runs
        .filter(({ running, job }) => running && !job.lost.aborted)
        .map(({ job }) => job.shard).filter((shard) => !reported.includes(shard));
      this.#expect(unreported.length === 0, `shards ${unreported} run unreported`);
      const answer = await heartbeat(consumer, reported, timeoutMs, signal);
      this.#answeredMs = sentMs;
      if (answer.kind !== "granted") this.#answeredMs = -Infinity; // nothing may be written now
      return answer;
    };
  }

  /** Whether everything before the cursor is done: all pages up to the one that ends there. */
  #isFinished(shard: number, cursor: string): boolean {
    return cursor === "begin-cursor" || (this.#finished.get(shard)?.has(cursor) ?? false);
  }

  #expect(truth: boolean, otherwise: string): void {
    if (!truth) this.#broken.push(otherwise);
  }

  #runOf(shard: number): FakeRun | undefined {
    return this.source.dataPlane.runs.findLast((run) => run.running && run.job.shard === shard);
  }

  async take({ waitMs, event }: Step): Promise<void> {
    const { group, clock } = this.source;
    await clock.advance(waitMs);
    if (event.what === "grant") group.granted = event.shards;
    else if (event.what === "answer") {
      group.nextAnswers.push({ kind: event.kind, message: event.kind });
    } else if (event.what === "refuse") this.#refusing.add(event.shard);
    else if (event.what === "fault") {
      const { call, fault } = event;
      this.#fault = (now) => {
        if (fault === "none" || call !== "all" && call !== now) return undefined;
        return fault === "hang" ? "hang" : new Error("502");
      };
    } else this.#move(event);
    await clock.advance(0);
    assert.deepEqual(this.#broken, []);
  }

  #move(event: Extract<Step["event"], { what: "pull" | "done" | "rewind" | "end" }>): void {
    const run = this.#runOf(event.shard);
    if (!run) return;
    const pages = this.#pages.get(event.shard)!;
    const open = pages.filter((page) => page.run === run && !page.done);
    if (event.what === "pull") {
      if (run.job.revoked.aborted) return;
      const cursor = `c${++this.#cursors}`;
      pages.push({ cursor, done: false, run, seq: -1 });
      pages.at(-1)!.seq = run.pull(cursor);
    } else if (event.what === "done") {
      const page = open[event.which % Math.max(1, open.length)];
      if (!page) return;
      page.done = true;
      this.#note(event.shard, pages);
      run.done(page.seq);
    } else if (event.what === "rewind") {
      const page = open[event.which % Math.max(1, open.length)];
      if (!page || run.job.revoked.aborted) return;
      pages.length = pages.indexOf(page);
      run.rewind(page.seq);
    } else if (event.how === "crash") run.fail(new Error("broken"));
    else if (open.length > 0) return; // a data plane finishes everything before it reports such an end
    else if (event.how === "gone") run.end({ kind: "gone", message: "ShardNotExist" });
    else run.refuseCursor();
  }

  #note(shard: number, pages: readonly { cursor: string; done: boolean }[]): void {
    const finished = this.#finished.get(shard) ?? new Set();
    this.#finished.set(shard, finished);
    for (const page of pages) {
      if (!page.done) break;
      finished.add(page.cursor);
    }
  }

  /** After everything works again: the source takes up its shards, and stops in time. */
  async finish(): Promise<void> {
    this.#fault = () => undefined;
    this.#refusing.clear();
    const { group, clock, dataPlane } = this.source;
    group.nextAnswers.length = 0;
    group.granted = [...SHARDS];
    await clock.advance(240_000); // old drains end, pauses pass
    assert.deepEqual(dataPlane.running, SHARDS, "liveness");
    await this.source.stopped(16_000);
    assert.deepEqual(this.#broken, []);
    assert.equal(this.source.error, undefined);
    assert.deepEqual(group.reports.at(-1), []);
    const { events } = this.source.recorder;
    const unexpected = events.filter((event) =>
      event.type === "trouble" && event.message.startsWith("An unexpected") &&
      !event.message.endsWith(": broken")
    );
    assert.deepEqual(unexpected, []);
  }
}

Deno.test("SourceConsumer keeps its promises whatever the server and the shards do", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40, size: "max" }),
      async (steps) => {
        const watch = new Watch();
        await watch.source.start();
        for (const step of steps) await watch.take(step);
        await watch.finish();
      },
    ),
    { numRuns: 200 },
  );
});
