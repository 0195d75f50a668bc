import assert from "node:assert/strict";
import { WatchedFetch } from "../../src/base/watched_fetch.ts";
import { AnswerTooLong } from "../../src/base/wire_bound.ts";
import { FakeClock } from "../support/fake_clock.ts";

type Init = { readonly signal: AbortSignal };
type Answer = "at once" | "never" | "flood";

/** A fetch whose ways answer as the test says. */
class Scene {
  readonly clock = new FakeClock();
  usual: Answer = "at once";
  bounded: Answer = "at once";
  readonly asked = { usual: 0, bounded: 0 };
  readonly #watched = new WatchedFetch<Init>(
    (_url, { signal }) => this.#answer("usual", signal),
    (_url, { signal }) => this.#answer("bounded", signal),
    this.clock,
  );

  /** Asks, and lets this time pass. @returns what it has come to by then. */
  async ask(ms: number, signal = new AbortController().signal): Promise<string> {
    let result = "nothing";
    this.#watched.fetch("http://sls/", { signal }).then(
      (response) => result = `answer ${response.status}`,
      (error) => result = error instanceof Error ? error.name : `${error}`,
    );
    await this.clock.advance(ms);
    for (let i = 0; i < 5; i++) await this.clock.advance(0);
    return result;
  }

  #answer(way: "usual" | "bounded", signal: AbortSignal): Promise<Response> {
    this.asked[way]++;
    const answer = this[way];
    if (answer === "at once") return Promise.resolve(new Response());
    if (answer === "flood") return Promise.reject(AnswerTooLong.informational(1));
    const { promise, reject } = Promise.withResolvers<Response>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    return promise;
  }
}

Deno.test("WatchedFetch leaves a server alone whose answers come in time", async () => {
  const scene = new Scene();
  for (let i = 0; i < 10; i++) assert.equal(await scene.ask(0), "answer 200");
  assert.deepEqual(scene.asked, { usual: 10, bounded: 0 });
});

Deno.test("WatchedFetch ends requests whose heads are late when the bounded way finds a flood, and goes that way for a minute", async () => {
  const scene = new Scene();
  scene.usual = "never";
  scene.bounded = "flood";
  assert.equal(await scene.ask(1999), "nothing");
  assert.equal(await scene.ask(2000), "AnswerTooLong");
  assert.deepEqual(scene.asked, { usual: 2, bounded: 1 });
  assert.equal(await scene.ask(0), "AnswerTooLong");
  assert.deepEqual(scene.asked, { usual: 2, bounded: 2 });
  scene.bounded = "at once";
  assert.equal(await scene.ask(60_000), "answer 200");
  scene.usual = "at once";
  assert.equal(await scene.ask(0), "answer 200");
  assert.deepEqual(scene.asked, { usual: 3, bounded: 3 });
});

Deno.test("WatchedFetch waits on for a slow server, and makes one check a minute", async () => {
  const scene = new Scene();
  scene.usual = "never";
  for (let i = 0; i < 5; i++) assert.equal(await scene.ask(5000), "nothing");
  assert.deepEqual(scene.asked, { usual: 5, bounded: 1 });
  await scene.clock.advance(60_000);
  await scene.ask(2000);
  assert.equal(scene.asked.bounded, 2);
});

Deno.test("WatchedFetch gives up a check that is not answered, and the request with its signal", async () => {
  const scene = new Scene();
  scene.usual = scene.bounded = "never";
  const stop = new AbortController();
  const asking = scene.ask(20_000, stop.signal);
  assert.equal(await asking, "nothing");
  assert.deepEqual(scene.asked, { usual: 1, bounded: 1 });
  const more = scene.ask(0, stop.signal);
  stop.abort("given up");
  assert.equal(await more, "given up");
  assert.equal(await scene.ask(0, stop.signal), "given up");
});
