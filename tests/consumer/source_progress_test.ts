import assert from "node:assert/strict";
import type { PageReport } from "../../src/consumer/ports.ts";
import { ShardLag } from "../../src/consumer/shard_lag.ts";
import { SourceProgress } from "../../src/consumer/source_progress.ts";
import { describeEvent } from "../../src/observe/describe_event.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { Recorder, reportOf } from "./recorder.ts";

const cursorOf = (number: number) => btoa(String(number));

/** A source whose shards end at log group 1,000 of one a second, the last of them received at the start. */
class Scene {
  readonly clock = new FakeClock();
  readonly recorder = new Recorder();
  readonly asked: string[] = [];
  fault: Error | undefined;
  /** Set while SLS answers no pulls. */
  away = false;
  readonly #idle = new Set<() => void>();
  readonly progress = new SourceProgress(
    { clock: this.clock, telemetry: this.recorder.telemetry },
    "p/l",
  );
  readonly #shards = {
    cursorTimeSec: (_shard: number, cursor: string) => {
      this.asked.push(atob(cursor));
      if (this.fault) return Promise.reject(this.fault);
      return Promise.resolve(1_790_000_000 + Number(atob(cursor)));
    },
    serverNowMs: () => (1_790_000_000 + 1000) * 1000 + this.clock.monotonicMs(),
  };
  readonly #stop = new AbortController();
  readonly #running = this.progress.run(this.#stop.signal).catch((error) => {
    if (error !== this.#stop.signal.reason) throw error;
  });

  follow(shard: number, reached = 1000, open = 0) {
    const tracker = { reached: cursorOf(reached), open };
    const lag = new ShardLag({ shard, tracker, shards: this.#shards, clock: this.clock });
    const watch = this.progress.follow({ shard, lag });
    const pull = () => lag.caughtUp();
    return {
      caughtUp: () => {
        this.#idle.add(pull);
        pull();
      },
      pulled: () => {
        this.#idle.delete(pull);
        lag.pulled();
      },
      done: (report: PageReport) => {
        lag.done();
        watch.done?.(report);
      },
      [Symbol.dispose]: () => watch.ended?.(),
    };
  }

  /** What the log has said when the minute is over; shards that have caught up find nothing new meanwhile. */
  async lines(): Promise<string[]> {
    for (let leftMs = 60_000 - this.clock.monotonicMs() % 60_000; leftMs > 0; leftMs -= 5000) {
      if (!this.away) { for (const pull of this.#idle) pull(); }
      await this.clock.advance(Math.min(5000, leftMs));
    }
    return this.recorder.events.splice(0).map((event) => describeEvent(event).message);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("enough"));
    await this.#running;
  }
}

const queried = (delivered: number, logs?: number, bytes?: number): PageReport => {
  return { ...reportOf(delivered), beforeQuery: { logs, bytes } };
};

Deno.test("SourceProgress says each minute what was delivered, and that nothing is left", async () => {
  const scene = new Scene();
  const [one, two] = [scene.follow(0), scene.follow(1)];
  one.caughtUp();
  two.caughtUp();
  one.done(reportOf(20_000));
  two.done({ ...reportOf(1), parked: 2 });
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 20,001 logs (0.2 MB), parked 2 in 60 s; nothing more to read",
  ]);
  one.done(reportOf(1));
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 1 log (0.0 kB) in 60 s; nothing more to read",
  ]);
  assert.deepEqual(scene.asked, [], "no lag needs no question");
  await scene.stop();
});

Deno.test("SourceProgress is silent while nothing comes and nothing is behind", async () => {
  const scene = new Scene();
  assert.deepEqual(await scene.lines(), []);
  scene.follow(0).caughtUp();
  assert.deepEqual(await scene.lines(), []);
  await scene.stop();
});

Deno.test("SourceProgress names the shard that lags most, by the age of its oldest undelivered log", async () => {
  const scene = new Scene();
  scene.follow(0, 990);
  scene.follow(1, 100);
  const [idle, last] = [scene.follow(2), scene.follow(3, 999, 1)];
  idle.caughtUp();
  last.caughtUp(); // its last page is on its way
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 0 logs (0.0 kB) in 60 s; 3 of 4 shards have more to read; " +
    "shard 1 lags most, 16.0 min",
  ]);
  assert.deepEqual(scene.asked.sort(), ["100", "990", "999"]);
  await scene.stop();
});

Deno.test("SourceProgress says so when SLS does not answer with the lag, and continues", async () => {
  const scene = new Scene();
  scene.follow(0, 990);
  scene.fault = new Error("away");
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 0 logs (0.0 kB) in 60 s; 1 of 1 shard has more to read; " +
    "the lag of 1 is not known",
  ]);
  scene.fault = undefined;
  assert.match((await scene.lines()).join(), /shard 0 lags most, 2\.2 min/);
  await scene.stop();
});

Deno.test("SourceProgress counts what SLS read before a query, and invents nothing where SLS does not say", async () => {
  const scene = new Scene();
  const shard = scene.follow(0);
  shard.caughtUp();
  shard.done(queried(10, 30_000, 9_000_000));
  shard.done(queried(0, 10_000, 3_000_000));
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 10 logs (0.1 kB), of 40,000 logs (12.0 MB) before the query in 60 s; " +
    "nothing more to read",
  ]);
  shard.done(queried(10, 30_000, undefined));
  assert.deepEqual(await scene.lines(), [
    "p/l: delivered 10 logs (0.1 kB) in 60 s; nothing more to read",
  ]);
  await scene.stop();
});

Deno.test("SourceProgress sums up at the end, with the shards that had more to read", async () => {
  const scene = new Scene();
  {
    using one = scene.follow(0);
    using _two = scene.follow(1, 100);
    one.caughtUp();
    one.done(reportOf(5));
    await scene.lines();
    one.done(reportOf(6));
  }
  await scene.stop();
  scene.progress.end();
  assert.deepEqual(scene.recorder.events.map((event) => describeEvent(event).message), [
    "p/l: delivered 11 logs (0.1 kB) in all, in 60 s; 1 shard had more to read",
  ]);
});

Deno.test("SourceProgress counts a shard again that is pulled on behind its end", async () => {
  const scene = new Scene();
  const shard = scene.follow(0, 998);
  shard.caughtUp();
  shard.pulled();
  assert.match((await scene.lines()).join(), /shard 0 lags most, 62 s/);
  await scene.stop();
});

Deno.test("SourceProgress says in an outage since when a shard may have more to read, and that it grows", async () => {
  const scene = new Scene();
  const [one, two] = [scene.follow(0), scene.follow(1)];
  one.caughtUp();
  two.caughtUp();
  assert.deepEqual(await scene.lines(), []);
  scene.away = true;
  scene.fault = new Error("away");
  for (const lag of ["65 s", "2.1 min"]) {
    assert.deepEqual(await scene.lines(), [
      "p/l: delivered 0 logs (0.0 kB) in 60 s; 2 of 2 shards may have more to read, as SLS does " +
      `not answer; shard 1 lags most, ${lag}`,
    ]);
  }
  scene.away = false;
  scene.fault = undefined;
  assert.deepEqual(await scene.lines(), []);
  await scene.stop();
});

Deno.test("SourceProgress counts undelivered logs while HEC is away", async () => {
  const scene = new Scene();
  scene.follow(0, 995, 2).caughtUp();
  for (const lag of ["65 s", "2.1 min"]) {
    assert.match(
      (await scene.lines()).join(),
      new RegExp(`1 of 1 shard has more to read; .*, ${lag}$`),
    );
  }
  await scene.stop();
});

Deno.test("SourceProgress counts shards that it lost to a silent server until that answers", async () => {
  const scene = new Scene();
  {
    using shard = scene.follow(0);
    shard.caughtUp();
    scene.fault = new Error("away");
    scene.progress.serverFellSilent();
  }
  scene.away = true;
  for (const lag of ["60 s", "2.0 min"]) {
    assert.match((await scene.lines()).join(), new RegExp(`1 of 1 shard may .*, ${lag}$`));
  }
  scene.progress.serverAnswered();
  assert.deepEqual(await scene.lines(), []);
  await scene.stop();
});

Deno.test("SourceProgress names the rates that held it up in the minute, and no other", async () => {
  const clock = new FakeClock();
  const recorder = new Recorder();
  let hecMs = 0;
  let ownMs = 500;
  const { telemetry } = recorder;
  const progress = new SourceProgress({ clock, telemetry }, "p/l", () => [
    { name: "sources[].rate", bytesPerSec: 5_000_000, waitedMs: ownMs },
    { name: "hec.rate", bytesPerSec: 10_000_000, waitedMs: hecMs },
  ]);
  const stop = new AbortController();
  const running = progress.run(stop.signal).catch((error) => {
    if (error !== stop.signal.reason) throw error;
  });
  const shards = {
    cursorTimeSec: () => Promise.resolve(0),
    serverNowMs: () => 0,
  };
  const tracker = { reached: cursorOf(1), open: 0 };
  const lag = new ShardLag({ shard: 0, tracker, shards, clock });
  const watch = progress.follow({ shard: 0, lag });
  const minute = async () => {
    watch.done!(reportOf(1));
    await clock.advance(60_000);
    const event = recorder.of("progress").at(-1)!;
    return [event.limitedBy, describeEvent(event).message.split("; limited by ")[1]];
  };
  assert.deepEqual(await minute(), [undefined, undefined]);
  hecMs = 45_000;
  const hec = { rate: "hec.rate", bytesPerSec: 10_000_000, waitedSec: 45 };
  assert.deepEqual(await minute(), [[hec], "hec.rate of 10.0 MB a second"]);
  ownMs += 2000;
  const own = { rate: "sources[].rate", bytesPerSec: 5_000_000, waitedSec: 2 };
  assert.deepEqual(await minute(), [[own], "sources[].rate of 5.0 MB a second"]);
  stop.abort(new Error("over"));
  await running;
});
