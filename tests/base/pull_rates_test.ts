import assert from "node:assert/strict";
import { PullRates, type RateLimit, type RateSlot } from "../../src/base/pull_rates.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { seededRandom } from "../support/seeded_random.ts";

const SECOND_MS = 1000;
const ROUND_TRIP_MS = 40;
const NEVER = new AbortController().signal;

/** A limit of these bytes a second, which sources with the same name share. */
function limit(bytesPerSec: number, name = "hec.rate"): RateLimit {
  return { key: name, name, bytesPerSec };
}

/** Sources that pull by one set of rates, and when how many bytes came. */
class Scene {
  readonly clock = new FakeClock();
  readonly rates = new PullRates(this.clock);
  readonly came: { source: string; atMs: number; bytes: number }[] = [];
  readonly waitedMs = new Map<string, number[]>();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  /** Pulls of a source, as many at a time as it has shards, without a pause. */
  pulls(source: string, shards: number, pageBytes: () => number): void {
    this.each(source, shards, pageBytes, 0);
  }

  /** As `pulls`, with a pause between the pulls of a shard. */
  each(source: string, shards: number, pageBytes: () => number, pauseMs: number): void {
    for (let shard = 0; shard < shards; shard++) {
      this.#running.push(
        this.#shard(source, pageBytes, pauseMs).catch((error) => {
          if (error !== this.#stop.signal.reason) throw error;
        }),
      );
    }
  }

  async #shard(source: string, pageBytes: () => number, pauseMs: number): Promise<void> {
    const { signal } = this.#stop;
    const { clock } = this;
    const waits = this.waitedMs.get(source) ?? [];
    this.waitedMs.set(source, waits);
    for (;;) {
      const askedMs = clock.monotonicMs();
      using slot = await this.rates.of(source)!.wait(signal);
      waits.push(clock.monotonicMs() - askedMs);
      await clock.sleep(ROUND_TRIP_MS, signal);
      const bytes = pageBytes();
      slot.bytes = bytes;
      this.came.push({ source, atMs: clock.monotonicMs(), bytes });
      slot[Symbol.dispose]();
      await clock.sleep(pauseMs, signal);
    }
  }

  /** Bytes that came in a span of time, of one source or of all. */
  bytesIn(fromMs: number, toMs: number, source?: string): number {
    return this.came.filter((page) => source === undefined || page.source === source)
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async end(): Promise<void> {
    this.#stop.abort(new Error("over"));
    await Promise.all(this.#running);
  }
}

const sizes: [what: string, pageBytes: (random: () => number) => number][] = [
  ["small pages", () => 100_000],
  ["pages of half a second", () => 1_000_000],
  ["pages of all sizes", (random) => Math.floor(random() ** 3 * 2_000_000)],
  ["empty pages between large ones", (random) => random() < 0.7 ? 0 : 1_500_000],
];
for (const [what, pageBytes] of sizes) {
  for (const [sources, shards] of [[1, 1], [1, 64], [3, 4], [20, 2]] as const) {
    Deno.test(`PullRates keeps ${sources} sources of ${shards} shards with ${what} within 10 % of their rate over 10 s`, async () => {
      const scene = new Scene();
      const random = seededRandom(1);
      const bytesPerSec = 2_000_000;
      for (let n = 0; n < sources; n++) {
        scene.rates.add(`s${n}`, [limit(bytesPerSec)]);
        scene.pulls(`s${n}`, shards, () => pageBytes(random));
      }
      await scene.clock.advance(61_000);
      await scene.end();
      // A page of which a part was pulled before the window counts whole at its end.
      const page = Math.max(...scene.came.map(({ bytes }) => bytes));
      for (let fromMs = SECOND_MS; fromMs <= 51_000; fromMs += 500) {
        const part = scene.bytesIn(fromMs, fromMs + 10_000) / (10 * bytesPerSec);
        const edge = page / (10 * bytesPerSec);
        assert.ok(
          part < 1.1 + edge && part > 0.9 - edge,
          `${(part * 100).toFixed(1)} % from ${fromMs} ms`,
        );
      }
      const whole = scene.bytesIn(SECOND_MS, 61_000) / (60 * bytesPerSec);
      assert.ok(whole > 0.93 && whole < 1.05, `${(whole * 100).toFixed(1)} % of a minute`);
    });
  }
}

Deno.test("PullRates begins slowly enough that the first pages do not exceed the rate", async () => {
  const scene = new Scene();
  scene.rates.add("s", [limit(10_000_000)]);
  scene.pulls("s", 256, () => 5_000_000);
  await scene.clock.advance(10_000);
  await scene.end();
  const part = scene.bytesIn(0, 10_000) / 100_000_000;
  assert.ok(part > 0.9 && part < 1.15, `${(part * 100).toFixed(1)} %`);
});

Deno.test("PullRates counts a page that is larger than 10 s of the rate after it came", async () => {
  const scene = new Scene();
  scene.rates.add("s", [limit(100_000)]);
  scene.pulls("s", 1, () => 2_000_000); // 20 s
  await scene.clock.advance(200_000);
  await scene.end();
  assert.equal(scene.came.length, 10, "one in 20 s, and the first");
});

Deno.test("PullRates holds a source to each of its limits", async () => {
  const scene = new Scene();
  const set = limit(1_000_000);
  scene.rates.add("a", [limit(300_000, "sources[0].rate"), set]);
  scene.rates.add("b", [set]);
  scene.pulls("a", 4, () => 30_000);
  scene.pulls("b", 4, () => 30_000);
  await scene.clock.advance(60_000);
  await scene.end();
  near(scene.bytesIn(0, 60_000, "a"), 60 * 300_000);
  near(scene.bytesIn(0, 60_000), 60 * 1_000_000, "b has what a leaves");
});

Deno.test("PullRates divides a rate evenly by bytes, whatever the shards and the size of the pages", async () => {
  const scene = new Scene();
  for (const source of ["many", "large", "small"]) scene.rates.add(source, [limit(3_000_000)]);
  scene.pulls("many", 64, () => 200_000);
  scene.pulls("large", 1, () => 2_000_000);
  scene.pulls("small", 4, () => 50_000);
  await scene.clock.advance(120_000);
  await scene.end();
  for (const source of ["many", "large", "small"]) {
    near(scene.bytesIn(20_000, 120_000, source), 100 * 1_000_000, source);
  }
});

Deno.test("PullRates gives a quiet source its pages at once beside one that is a hundred times as loud", async () => {
  const scene = new Scene();
  for (const source of ["loud", "quiet"]) scene.rates.add(source, [limit(1_000_000)]);
  scene.pulls("loud", 64, () => 4_000_000); // 4 s each
  scene.each("quiet", 2, () => 5_000, 500);
  await scene.clock.advance(120_000);
  await scene.end();
  const waits = scene.waitedMs.get("quiet")!.slice(10).sort((a, b) => a - b);
  assert.ok(waits.length > 300, `${waits.length} pulls`);
  const p99 = waits[Math.floor(waits.length * 0.99)]!;
  assert.ok(p99 < 500, `${p99} ms`);
  near(scene.bytesIn(0, 120_000), 120 * 1_000_000);
});

Deno.test("PullRates gives a source that was alone no worse turns when another comes", async () => {
  const scene = new Scene();
  for (const source of ["a", "b"]) scene.rates.add(source, [limit(1_000_000)]);
  scene.pulls("a", 2, () => 100_000);
  await scene.clock.advance(60_000);
  scene.pulls("b", 2, () => 100_000);
  await scene.clock.advance(10_000);
  await scene.end();
  near(scene.bytesIn(60_000, 70_000, "a"), 5_000_000);
  near(scene.bytesIn(60_000, 70_000, "b"), 5_000_000);
});

Deno.test("PullRates does not let a slow set of collectors hold up the sources of another", async () => {
  const scene = new Scene();
  scene.rates.add("a", [limit(10_000, "hec.rate"), limit(2_000_000, "--rate")]);
  scene.rates.add("b", [limit(900_000, "sources[1].hec.rate"), limit(2_000_000, "--rate")]);
  scene.pulls("a", 8, () => 5_000);
  scene.pulls("b", 8, () => 50_000);
  await scene.clock.advance(60_000);
  await scene.end();
  near(scene.bytesIn(0, 60_000, "b"), 60 * 900_000);
});

Deno.test("PullRates gives a turn that was not taken to the next one", async () => {
  const { clock, rates } = new Scene();
  rates.add("s", [limit(1_000_000)]);
  const rate = rates.of("s")!;
  end(await rate.wait(NEVER), 1_000_000); // at once
  const stop = new AbortController();
  const waiting = rate.wait(stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  const next = rate.wait(NEVER).then(() => clock.monotonicMs());
  await clock.advance(2000);
  assert.equal(await next, 1000);
});

Deno.test("PullRates leaves nothing waiting when all pulls have given up, and counts no wait after", async () => {
  const { clock, rates } = new Scene();
  rates.add("s", [limit(1)]);
  const stop = new AbortController();
  await rates.of("s")!.wait(stop.signal);
  const waiting = [1, 2, 3].map(() => rates.of("s")!.wait(stop.signal));
  assert.equal(clock.sleeping, 1);
  await clock.advance(2000);
  stop.abort(new Error("stopped"));
  await Promise.allSettled(waiting);
  assert.equal(clock.sleeping, 0);
  await clock.advance(60_000);
  assert.equal(rates.waits("s")[0]!.waitedMs, 2000);
});

Deno.test("PullRates gives back at once what a pull without a page was assumed to bring", async () => {
  const { clock, rates } = new Scene();
  rates.add("s", [limit(1000)]); // the first page is assumed to take 1000 s
  const rate = rates.of("s")!;
  const failed = await rate.wait(NEVER);
  const next = rate.wait(NEVER).then(() => clock.monotonicMs());
  await clock.advance(100);
  failed[Symbol.dispose]();
  failed[Symbol.dispose]();
  await clock.advance(1000);
  assert.equal(await next, 100);
  await clock.advance(5000);
  let came = false;
  const other = rate.wait(NEVER).then(() => came = true);
  await clock.advance(5000);
  assert.ok(!came, "given back once, and the pull that began then is counted");
  rates.remove("s");
  void other;
});

Deno.test("PullRates does not make a second pull wait for what the first was wrongly assumed to bring", async () => {
  const { clock, rates } = new Scene();
  rates.add("s", [limit(1000)]);
  const rate = rates.of("s")!;
  const first = await rate.wait(NEVER);
  const others = Promise.all([rate.wait(NEVER), rate.wait(NEVER)]);
  await clock.advance(100);
  end(first, 200);
  await clock.advance(300);
  await others;
  assert.equal(clock.monotonicMs(), 400, "200 ms for the first page and as much for the second");
});

Deno.test("PullRates lets sources come and go", async () => {
  const scene = new Scene();
  const { clock, rates } = scene;
  rates.add("a", [limit(1_000_000)]);
  assert.throws(() => rates.add("a", [limit(1_000_000)]), RangeError);
  rates.add("b", [limit(1_000_000)]);
  rates.add("free", []);
  assert.equal(rates.of("free"), undefined);
  scene.pulls("a", 2, () => 50_000);
  await clock.advance(10_000);
  rates.remove("b");
  await clock.advance(10_000);
  await scene.end();
  near(scene.bytesIn(0, 20_000), 20_000_000);
  rates.remove("a");
  rates.remove("a");
  assert.equal(rates.of("a"), undefined);
  rates.add("a", [limit(5_000_000)]);
  assert.deepEqual(rates.waits("a"), [{ name: "hec.rate", bytesPerSec: 5_000_000, waitedMs: 0 }]);
});

Deno.test("PullRates says how long each limit has held up a source", async () => {
  const scene = new Scene();
  const set = limit(1_000_000);
  scene.rates.add("a", [limit(100_000, "sources[0].rate"), set]);
  scene.rates.add("b", [set]);
  scene.pulls("a", 4, () => 10_000);
  scene.each("b", 1, () => 1000, 500);
  await scene.clock.advance(60_000);
  const [own, shared] = scene.rates.waits("a");
  assert.ok(own!.waitedMs > 55_000, `${own!.waitedMs} ms`);
  assert.ok(shared!.waitedMs < 1000, `${shared!.waitedMs} ms`);
  assert.ok(scene.rates.waits("b")[0]!.waitedMs < 1000);
  assert.deepEqual(scene.rates.waits("unknown"), []);
  await scene.end();
});

function end(slot: RateSlot, bytes: number): void {
  slot.bytes = bytes;
  slot[Symbol.dispose]();
}

/** Within 10 %. */
function near(bytes: number, expected: number, what = "it"): void {
  const part = bytes / expected;
  assert.ok(part > 0.9 && part < 1.1, `${what} has ${(part * 100).toFixed(1)} %`);
}
