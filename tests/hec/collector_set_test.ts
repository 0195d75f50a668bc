import assert from "node:assert/strict";
import { CollectorSet } from "../../src/hec/collector_set.ts";
import type { Endpoint } from "../../src/hec/endpoint.ts";
import { EndpointPool } from "../../src/hec/endpoint_pool.ts";
import type { EndpointSlot } from "../../src/hec/endpoint_slot.ts";
import { FakeClock, settleInside } from "../support/fake_clock.ts";
import { answer, fakeEndpoint } from "./fake_transport.ts";

const NEVER = new AbortController().signal;

/** Pools of one set, each of one endpoint, and the order in which their callers were served. */
class Scene {
  readonly served: string[] = [];
  readonly slots = new Map<string, EndpointSlot>();
  readonly #asking: Promise<void>[] = [];
  readonly endpoints: readonly Endpoint[];
  readonly pools: readonly EndpointPool[];

  constructor(pools: number, maxConcurrentRequests: number) {
    const clock = new FakeClock();
    const set = new CollectorSet(maxConcurrentRequests);
    const env = { clock, random: () => 0.5, telemetry: () => {} };
    const options = { maxConcurrentRequests: 100 };
    this.endpoints = Array.from(
      { length: pools },
      () => fakeEndpoint(clock, () => answer({ text: "", code: 0 }), options).endpoint,
    );
    this.pools = this.endpoints.map((endpoint) => new EndpointPool(env, [endpoint], set));
  }

  /** Asks for a slot under a name such as `a1`, the first request of source a. */
  async ask(name: string, pool = 0): Promise<void> {
    const body = { source: name[0]!, failures: 0 };
    this.#asked(name, this.pools[pool]!.acquire(NEVER, undefined, body));
    await settleInside();
  }

  /** Asks for a slot for a poll. */
  poll(name: string, pool: number): void {
    this.#asked(name, this.pools[pool]!.acquireAt(this.endpoints[pool]!, NEVER));
  }

  async release(name: string): Promise<void> {
    this.slots.get(name)!.release("ok");
    this.slots.delete(name);
    await settleInside();
  }

  /** Ends the requests one by one, the oldest first. */
  async releaseAll(): Promise<string> {
    while (this.slots.size > 0) await this.release([...this.slots.keys()][0]!);
    await Promise.all(this.#asking);
    return this.served.join(" ");
  }

  #asked(name: string, slot: Promise<EndpointSlot>): void {
    const served = async () => {
      this.slots.set(name, await slot);
      this.served.push(name);
    };
    this.#asking.push(served());
  }
}

const orders: [sentence: string, max: number, asked: string, served: string][] = [
  ["one source's requests in the order of asking", 1, "a1 a2 a3", "a1 a2 a3"],
  ["a quiet source ahead of a busy one", 1, "a1 a2 a3 a4 b1", "a1 b1 a2 a3 a4"],
  ["two busy sources in turn", 1, "a1 a2 a3 b1 b2 b3", "a1 b1 a2 b2 a3 b3"],
  ["three sources in turn", 1, "a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"],
  ["the source with the fewest requests in flight", 2, "a1 a2 a3 a4 b1 b2", "a1 a2 b1 a3 b2 a4"],
];
for (const pools of [1, 2]) {
  for (const [sentence, max, asked, served] of orders) {
    Deno.test(`CollectorSet serves ${sentence}, under ${pools === 1 ? "one token" : "two tokens"}`, async () => {
      const scene = new Scene(pools, max);
      for (const name of asked.split(" ")) await scene.ask(name, name[0] === "a" ? 0 : pools - 1);
      assert.equal(scene.slots.size, max);
      assert.equal(await scene.releaseAll(), served);
    });
  }
}

Deno.test("CollectorSet serves polls ahead of events, whatever token they are under", async () => {
  const scene = new Scene(2, 1);
  for (const name of ["a1", "a2"]) await scene.ask(name);
  scene.poll("poll", 1);
  await settleInside();
  assert.equal(await scene.releaseAll(), "a1 poll a2");
});

Deno.test("CollectorSet serves the others when a token's endpoint has no room, and that one later", async () => {
  const scene = new Scene(2, 8);
  scene.endpoints[0]!.limit.restart(); // one request at a time
  for (const name of ["a1", "a2", "a3"]) await scene.ask(name, 0);
  for (const name of ["b1", "b2"]) await scene.ask(name, 1);
  assert.deepEqual([...scene.slots.keys()], ["a1", "b1", "b2"]);
  assert.equal(await scene.releaseAll(), "a1 b1 b2 a2 a3");
});

Deno.test("CollectorSet counts what a removed client has in flight, and serves the others", async () => {
  const scene = new Scene(2, 2);
  await scene.ask("a1", 0);
  await scene.ask("b1", 1);
  await scene.ask("b2", 1);
  await scene.pools[0]!.run(AbortSignal.abort(new Error("removed"))).catch(() => {});
  assert.deepEqual([...scene.slots.keys()], ["a1", "b1"]);
  assert.equal(await scene.releaseAll(), "a1 b1 b2");
});
