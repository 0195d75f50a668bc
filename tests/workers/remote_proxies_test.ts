import assert from "node:assert/strict";
import { passAll } from "../../src/base/breaker.ts";
import { LocalProxyBreakers } from "../../src/base/proxy_breakers.ts";
import { TaskGroup } from "../../src/base/task_group.ts";
import { ProxyServer, RemoteProxies } from "../../src/workers/remote_proxies.ts";
import type { FromWorker, ToWorker } from "../../src/workers/worker_messages.ts";
import { FakeClock } from "../support/fake_clock.ts";

const URL = "http://user:password@proxy.test:3128";
const MINUTE_MS = 60_000;

/** A main isolate and workers, whose messages take a turn. */
class Isolates implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly local = new LocalProxyBreakers({ clock: this.clock, random: () => 0.5 });
  /** When each try through the proxy was made, in minutes. */
  readonly triesAtMin: number[] = [];
  /** The result of a try now. */
  outcome: "refused" | "through" = "refused";
  through = 0;
  readonly #served = new ProxyServer(this.local, this.clock);
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);

  /** A worker with as many requests that want through the proxy; each again until it has been. */
  worker(requests: number): AbortController {
    const death = new AbortController();
    const signal = AbortSignal.any([death.signal, this.#stop.signal]);
    const end = {
      died: death.signal,
      post: (message: Extract<ToWorker, { type: "proxy" }>) => {
        queueMicrotask(() => view.changed(message.proxyUrl, message.state));
      },
    };
    const post = (message: FromWorker) => {
      queueMicrotask(() => {
        if (death.signal.aborted) return;
        if (message.type === "proxy_wanted") {
          this.#tasks.spawn("wanted", async () => {
            await this.#served.wanted(end, message.proxyUrl, signal).catch(() => {});
          });
        } else if (message.type === "proxy_tried") {
          this.#served.tried(end, message.proxyUrl, message.epoch, message.outcome);
        }
      });
    };
    const view = new RemoteProxies(post);
    death.signal.addEventListener("abort", () => this.#served.leave(end));
    for (let i = 0; i < requests; i++) this.#request(view, signal);
    return death;
  }

  /** Requests of the main isolate's own. */
  own(requests: number): void {
    for (let i = 0; i < requests; i++) this.#request(this.local, this.#stop.signal);
  }

  #request(proxies: RemoteProxies | LocalProxyBreakers, signal: AbortSignal): void {
    this.#tasks.spawn("request", async () => {
      try {
        for (;;) {
          const [pass] = await passAll([proxies.of(URL)], this.clock, signal);
          this.triesAtMin.push(this.clock.monotonicMs() / MINUTE_MS);
          await this.clock.sleep(100, signal); // over the line and back
          if (this.outcome === "through") {
            pass!.succeeded();
            this.through++;
            return;
          }
          pass!.failed(0, true);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await this.#tasks[Symbol.asyncDispose]();
  }
}

Deno.test("a proxy that refuses is tried once in all by workers and main isolate after 1, 5 and 15 minutes", async () => {
  await using isolates = new Isolates();
  isolates.worker(12);
  isolates.worker(12);
  isolates.own(18);
  for (let i = 0; i < 40 * 60; i++) await isolates.clock.advance(1000);
  assert.deepEqual(isolates.triesAtMin.map(Math.floor), [0, 1, 6, 21, 36]);
});

Deno.test("when the proxy lets through again, the requests of all workers go at once", async () => {
  await using isolates = new Isolates();
  isolates.worker(12);
  isolates.worker(12);
  isolates.own(3);
  await isolates.clock.advance(1000);
  isolates.outcome = "through";
  for (let i = 0; i < 62; i++) await isolates.clock.advance(1000);
  assert.equal(isolates.through, 27);
  assert.equal(isolates.triesAtMin.length, 28);
});

Deno.test("a refusal while all may go through stops the requests of every worker", async () => {
  await using isolates = new Isolates();
  isolates.outcome = "through";
  isolates.worker(1);
  const other = isolates.worker(1);
  for (let i = 0; i < 3; i++) await isolates.clock.advance(1000);
  assert.equal(isolates.through, 2);
  isolates.local.of(URL).tryPass()!.failed(0, true);
  await isolates.clock.advance(0);
  assert.equal(isolates.local.of(URL).isClosed, false);
  other.abort(new Error("the worker has died"));
  isolates.worker(5);
  await isolates.clock.advance(50_000);
  assert.equal(isolates.through, 2);
  await isolates.clock.advance(11_000);
  await isolates.clock.advance(1000);
  assert.equal(isolates.through, 7);
});

Deno.test("the try of a worker that dies over it is made by another", async () => {
  await using isolates = new Isolates();
  const dying = isolates.worker(3);
  await isolates.clock.advance(10);
  assert.equal(isolates.triesAtMin.length, 1);
  isolates.outcome = "through";
  isolates.worker(3);
  dying.abort(new Error("the worker has died"));
  for (let i = 0; i < 5; i++) await isolates.clock.advance(200);
  assert.equal(isolates.through, 3);
});
