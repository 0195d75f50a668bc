import assert from "node:assert/strict";
import { PullRates } from "../../src/base/pull_rates.ts";
import { PagePuller, type PullEnd } from "../../src/pipeline/page_puller.ts";
import type { OpenPage } from "../../src/pipeline/open_page.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { fakeSource } from "./fake_source.ts";
import { cursorOf, groupOf, pageBytes } from "./pages.ts";

const GROUP = groupOf("x".repeat(10_000));
const GROUP_BYTES = pageBytes([GROUP]).length;

/** Log groups of the quiet source before the sizes of its pages are known: those of the first 10 s. */
const FIRST = 100;

/** One shard of many log groups, which one pull at a time brings, at this rate. */
class Scene {
  readonly clock = new FakeClock();
  readonly rates = new PullRates(this.clock);
  readonly source;
  readonly #revoked = new AbortController();
  readonly #puller: PagePuller;

  constructor(bytesPerSec: number, groups = 1000) {
    this.rates.add("p/l", [{ key: "hec", name: "hec.rate", bytesPerSec }]);
    this.source = fakeSource({ clock: this.clock, pulls: { rate: this.rates.of("p/l") } });
    this.source.pullLogs.groups = Array.from({ length: groups }, () => GROUP);
    this.#puller = new PagePuller(
      this.source.context,
      { shard: 1, cursor: cursorOf(0), revoked: this.#revoked.signal },
      () => {},
    );
  }

  /** Takes pages until there are no more. @returns the number of pages and the end. */
  async takeAll(): Promise<{ pages: number; end: PullEnd }> {
    for (let pages = 0;; pages++) {
      const page: OpenPage | PullEnd = await this.#puller.next();
      if (page.kind !== "page") return { pages, end: page };
      page[Symbol.dispose]();
    }
  }

  revoke(): void {
    this.#revoked.abort(new Error("revoked"));
  }

  async dispose(): Promise<void> {
    await this.#puller[Symbol.asyncDispose]();
  }
}

Deno.test("PagePuller pulls pages within its rate, also those ahead", async () => {
  const scene = new Scene(10 * GROUP_BYTES);
  const taken = scene.takeAll();
  await scene.clock.advance(10_000);
  const pulls = scene.source.pullLogs.requests.length;
  assert.ok(pulls > 95 && pulls < 110, `${pulls} pulls of which 100 are 10 s of the rate`);
  scene.revoke();
  await taken;
  await scene.dispose();
});

Deno.test("PagePuller that waits for its rate ends at once when it is revoked, and keeps nothing", async () => {
  const scene = new Scene(1);
  const taken = scene.takeAll();
  await scene.clock.advance(5000);
  assert.equal(scene.source.pullLogs.requests.length, 1);
  scene.revoke();
  await scene.clock.advance(0);
  const { pages, end } = await taken;
  assert.deepEqual({ pages, end }, { pages: 1, end: { kind: "revoked" } });
  await scene.dispose();
  assert.equal(scene.source.pageMemory.reservedBytes, 0);
  assert.equal(scene.clock.sleeping, 0);
});

Deno.test("PagePuller does not pay for pulls that fail", async () => {
  const scene = new Scene(GROUP_BYTES);
  scene.source.pullLogs.fault = () =>
    scene.clock.monotonicMs() < 20_000 ? new SlsError("network", "away") : undefined;
  const taken = scene.takeAll();
  await scene.clock.advance(20_000);
  const failed = scene.source.pullLogs.requests.length;
  await scene.clock.advance(40_000);
  const pulls = scene.source.pullLogs.requests.length - failed;
  assert.ok(pulls > 20, `${pulls} pulls after the failures`);
  scene.revoke();
  await taken;
  await scene.dispose();
});

Deno.test("PagePuller asks a shard with nothing new as often with a rate", async () => {
  const scene = new Scene(1000, 0);
  const taken = scene.takeAll();
  await scene.clock.advance(30_000);
  const pulls = scene.source.pullLogs.requests.length;
  assert.ok(pulls >= 29, `${pulls} pulls in 30 s`);
  scene.revoke();
  await taken;
  await scene.dispose();
});

Deno.test("A quiet source is read within 3 s of its logs beside one whose pages take 4 s of the rate", async () => {
  const clock = new FakeClock();
  const rates = new PullRates(clock);
  const revoked = new AbortController();
  const running: Promise<void>[] = [];
  const waits: number[] = [];
  /** When each log group of the quiet source was written. */
  const written: number[] = [];
  const begin = (name: string, onPage: (page: OpenPage) => void) => {
    rates.add(name, [{ key: "hec", name: "hec.rate", bytesPerSec: 100_000 }]);
    const { context, pullLogs } = fakeSource({
      clock,
      pulls: { rate: rates.of(name), fetchCount: 40 },
    });
    pullLogs.roundTrip = { clock, ms: 30 };
    for (let shard = 0; shard < (name === "loud" ? 8 : 1); shard++) {
      const job = { shard, cursor: cursorOf(0), revoked: revoked.signal };
      running.push((async () => {
        await using puller = new PagePuller(context, job, () => {});
        for (;;) {
          const page = await puller.next();
          if (page.kind !== "page") return;
          onPage(page);
          page[Symbol.dispose]();
        }
      })());
    }
    return pullLogs;
  };
  let loudBytes = 0;
  begin("loud", ({ rawBytes }) => loudBytes += rawBytes)
    .groups = Array.from({ length: 1000 }, () => GROUP);
  const quiet = begin("quiet", ({ cursor, nextCursor }) => {
    const [from, to] = [cursor, nextCursor].map((text) => Number(atob(text)));
    for (let n = Math.max(from!, FIRST); n < to!; n++) {
      waits.push(clock.monotonicMs() - written[n]!);
    }
  });
  for (let n = 0; n < 600; n++) {
    written.push(clock.monotonicMs());
    quiet.groups.push(groupOf("quiet"));
    await clock.advance(100);
  }
  revoked.abort(new Error("over"));
  await clock.advance(0);
  await Promise.all(running);
  waits.sort((a, b) => a - b);
  assert.ok(waits.length > 580 - FIRST, `${waits.length} of ${600 - FIRST} were read`);
  const p99 = waits[Math.floor(waits.length * 0.99)]!;
  assert.ok(p99 < 3000, `${p99} ms`);
  const part = loudBytes / (60 * 100_000);
  assert.ok(part > 0.9 && part < 1.2, `${(part * 100).toFixed(0)} % of the rate`);
});
