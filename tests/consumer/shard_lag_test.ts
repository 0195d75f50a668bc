import assert from "node:assert/strict";
import { ShardLag } from "../../src/consumer/shard_lag.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** A shard whose server is `aheadSec` ahead; what the log at a cursor is by its receipt. */
class Scene {
  readonly clock = new FakeClock();
  readonly tracker = { reached: "c1", open: 0 };
  readonly asked: string[] = [];
  readonly receivedSec: Record<string, number> = {};
  away = false;
  /** It takes requests and does not answer. */
  silent = false;
  aheadSec = 0;
  readonly lag = new ShardLag({
    shard: 0,
    tracker: this.tracker,
    clock: this.clock,
    shards: {
      cursorTimeSec: (_shard, cursor, signal) => {
        this.asked.push(cursor);
        if (this.silent) {
          return new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        }
        return this.away
          ? Promise.reject(new Error("away"))
          : Promise.resolve(this.receivedSec[cursor] ?? this.#serverSec);
      },
      serverNowMs: () => this.#serverSec * 1000,
    },
  });

  get #serverSec(): number {
    return this.clock.nowMs() / 1000 + this.aheadSec;
  }

  /** A log that was received so long ago. */
  received(cursor: string, secAgo: number): void {
    this.receivedSec[cursor] = this.#serverSec - secAgo;
  }

  async sec(): Promise<number | undefined> {
    return await this.lag.sec(NEVER, 5000);
  }
}

Deno.test("ShardLag is the age of the oldest log that is not delivered", async () => {
  const scene = new Scene();
  scene.received("c1", 90);
  assert.equal(await scene.sec(), 90);
});

Deno.test("ShardLag is none at the end, and asks nothing then", async () => {
  const scene = new Scene();
  scene.lag.caughtUp();
  assert.equal(await scene.sec(), 0);
  assert.deepEqual(scene.asked, []);
});

Deno.test("ShardLag is none where the server has no log yet, also before the first pull", async () => {
  assert.equal(await new Scene().sec(), 0);
});

Deno.test("ShardLag uses the server's clock", async () => {
  const scene = new Scene();
  scene.aheadSec = -7200;
  scene.received("c1", 90);
  assert.equal(await scene.sec(), 90);
});

Deno.test("ShardLag counts what is pulled and not delivered, as while HEC is away", async () => {
  const scene = new Scene();
  scene.received("c1", 5);
  scene.lag.pulled();
  scene.tracker.open = 1;
  scene.lag.caughtUp();
  for (const sec of [5, 65, 125]) {
    assert.equal(await scene.sec(), sec);
    await scene.clock.advance(60_000);
    scene.lag.caughtUp();
  }
  scene.tracker.open = 0;
  scene.tracker.reached = "c2";
  scene.lag.done();
  assert.equal(await scene.sec(), 0);
});

Deno.test("ShardLag that was at its end grows while the server is away", async () => {
  const scene = new Scene();
  scene.lag.caughtUp();
  scene.away = true;
  assert.equal(scene.lag.isSilent, false);
  await scene.clock.advance(60_000);
  assert.equal(scene.lag.isSilent, true);
  assert.equal(await scene.sec(), 60);
  await scene.clock.advance(60_000);
  assert.equal(await scene.sec(), 120);
  scene.lag.caughtUp();
  assert.deepEqual([scene.lag.isSilent, await scene.sec()], [false, 0]);
});

Deno.test("ShardLag that was behind grows while the server is away", async () => {
  const scene = new Scene();
  scene.received("c1", 40);
  assert.equal(await scene.sec(), 40);
  scene.away = true;
  await scene.clock.advance(60_000);
  assert.equal(await scene.sec(), 100);
  scene.tracker.reached = "c2"; // delivered from memory; its receipt was not asked for
  assert.equal(await scene.sec(), 100);
});

Deno.test("ShardLag is the lesser of two bounds while the server is away", async () => {
  const scene = new Scene();
  scene.received("c1", 500);
  assert.equal(await scene.sec(), 500);
  scene.lag.caughtUp();
  scene.lag.pulled();
  scene.away = true;
  await scene.clock.advance(60_000);
  assert.equal(await scene.sec(), 60);
});

Deno.test("ShardLag of which nothing is known is not known", async () => {
  const scene = new Scene();
  scene.away = true;
  await scene.clock.advance(600_000);
  assert.equal(await scene.sec(), undefined);
  await assert.rejects(scene.lag.ask(NEVER), /away/);
});

Deno.test("ShardLag waits no longer than it may for a server that says nothing", async () => {
  const scene = new Scene();
  scene.received("c1", 40);
  assert.equal(await scene.sec(), 40);
  scene.silent = true;
  await scene.clock.advance(60_000);
  const asked = scene.sec();
  await scene.clock.advance(5000);
  assert.equal(await asked, 105);
  assert.equal(await scene.lag.sec(NEVER, 0), 105);
});

Deno.test("ShardLag asks once for all that want to know at the same time", async () => {
  const scene = new Scene();
  scene.received("c1", 10);
  await scene.sec();
  await scene.clock.advance(10_000);
  assert.equal(await scene.sec(), 20);
  assert.deepEqual(scene.asked, ["c1"]);
  await scene.clock.advance(10_000);
  await scene.sec();
  assert.deepEqual(scene.asked, ["c1", "c1"]);
});

Deno.test("ShardLag ends with the reason of the signal", async () => {
  const scene = new Scene();
  scene.away = true;
  await assert.rejects(scene.lag.sec(AbortSignal.abort(new Error("stop")), 5000), /stop/);
});
