import assert from "node:assert/strict";
import { PullRates } from "../../src/base/pull_rates.ts";
import { TaskGroup } from "../../src/base/task_group.ts";
import { RateServer, RemoteRates } from "../../src/workers/remote_rates.ts";
import type { FromWorker, ToWorker } from "../../src/workers/worker_messages.ts";
import { FakeClock } from "../support/fake_clock.ts";

const BYTES_PER_SEC = 1_000_000;
const PAGE_BYTES = 50_000;
const ROUND_TRIP_MS = 20;

/** A main isolate and workers, whose messages take a turn. */
class Isolates implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly rates = new PullRates(this.clock);
  /** Bytes that came, by source. */
  readonly came = new Map<string, number>();
  messages = 0;
  waiting = 0;
  readonly #served = new RateServer(this.rates);
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);

  /** A worker that pulls with some shards of each source, until the returned controller aborts: then it dies. */
  worker(sources: readonly string[], shards: number): AbortController {
    const death = new AbortController();
    const end = {
      post: ({ pull }: Extract<ToWorker, { type: "pull_granted" }>) => {
        this.messages++;
        queueMicrotask(() => {
          if (!death.signal.aborted) rates.granted(pull);
        });
      },
    };
    const rates = new RemoteRates((message: FromWorker) => {
      this.messages++;
      queueMicrotask(() => {
        if (death.signal.aborted) return;
        if (message.type === "pull_wanted") {
          this.#tasks.spawn("wanted", async () => {
            await this.#served.wanted(end, message.pull, message.source);
          });
        } else if (message.type === "pull_ended") {
          this.#served.ended(end, message.pull, message.bytes);
        }
      });
    });
    death.signal.addEventListener("abort", () => this.#served.leave(end));
    for (const source of sources) {
      for (let shard = 0; shard < shards; shard++) this.#shard(source, rates, death.signal);
    }
    return death;
  }

  #shard(source: string, rates: RemoteRates, died: AbortSignal): void {
    this.#tasks.spawn("shard", async (stopped) => {
      const signal = AbortSignal.any([stopped, died]);
      try {
        for (;;) {
          this.waiting++;
          using slot = await rates.of(source).wait(signal).finally(() => this.waiting--);
          await this.clock.sleep(ROUND_TRIP_MS, signal);
          slot.bytes = PAGE_BYTES;
          this.came.set(source, (this.came.get(source) ?? 0) + PAGE_BYTES);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
  }

  get bytes(): number {
    return [...this.came.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("over"));
    await this.clock.advance(0);
    await this.#tasks[Symbol.asyncDispose]();
  }
}

function limit(bytesPerSec = BYTES_PER_SEC) {
  return { key: "hec.rate", name: "hec.rate", bytesPerSec };
}

for (const workers of [1, 2, 4]) {
  Deno.test(`RateServer keeps ${workers} workers together to one rate, evenly among the sources`, async () => {
    await using isolates = new Isolates();
    for (const source of ["a", "b"]) isolates.rates.add(source, [limit()]);
    for (let n = 0; n < workers; n++) isolates.worker(n % 2 ? ["b"] : ["a", "b"], 4);
    await isolates.clock.advance(10_000);
    const part = isolates.bytes / (10 * BYTES_PER_SEC);
    assert.ok(part > 0.9 && part < 1.1, `${part * 100} %`);
    const a = isolates.came.get("a")! / isolates.bytes;
    assert.ok(a > 0.45 && a < 0.55, `${a * 100} % are a's`);
  });
}

Deno.test("RateServer gives what a dead worker was granted to the others", async () => {
  await using isolates = new Isolates();
  isolates.rates.add("a", [limit(10_000)]); // the first page is assumed to take 100 s
  const dying = isolates.worker(["a"], 8);
  await isolates.clock.advance(10);
  assert.equal(isolates.bytes, 0);
  dying.abort(new Error("dead"));
  isolates.worker(["a"], 1);
  await isolates.clock.advance(ROUND_TRIP_MS + 5);
  assert.equal(isolates.bytes, PAGE_BYTES);
});

Deno.test("RemoteRates ends a wait at once when its signal aborts, and the main isolate forgets it", async () => {
  const clock = new FakeClock();
  const rates = new PullRates(clock);
  rates.add("a", [limit(1)]);
  const server = new RateServer(rates);
  const worker = { post: ({ pull }: { pull: number }) => remote.granted(pull) };
  const serving: Promise<void>[] = [];
  const remote = new RemoteRates((message) => {
    if (message.type === "pull_wanted") {
      serving.push(server.wanted(worker, message.pull, message.source));
    } else if (message.type === "pull_ended") {
      server.ended(worker, message.pull, message.bytes);
    }
  });
  const stop = new AbortController();
  const granted = await remote.of("a").wait(stop.signal);
  const waiting = remote.of("a").wait(stop.signal);
  const reason = new Error("revoked");
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(remote.of("a").wait(stop.signal), reason);
  await Promise.all(serving);
  assert.equal(clock.sleeping, 0);
  granted[Symbol.dispose]();
});

Deno.test("RateServer gives back what it grants to a pull that ends at the same moment", async () => {
  const clock = new FakeClock();
  const rates = new PullRates(clock);
  rates.add("a", [limit(1000)]);
  const server = new RateServer(rates);
  const granted: number[] = [];
  const worker = { post: ({ pull }: { pull: number }) => granted.push(pull) };
  const first = server.wanted(worker, 1, "a");
  server.ended(worker, 1, undefined); // before the grant is posted
  await first;
  await server.wanted(worker, 2, "a");
  assert.deepEqual(granted, [2]);
  server.leave(worker);
});

Deno.test("RateServer does not answer a pull of a source that was removed", async () => {
  const rates = new PullRates(new FakeClock());
  const server = new RateServer(rates);
  await server.wanted({ post: () => assert.fail("granted") }, 1, "a");
  server.ended({ post: () => {} }, 1, 5);
});
