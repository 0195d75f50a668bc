import { type Breaker, type Pass, passAll } from "../base/breaker.ts";
import type { Clock } from "../base/clock.ts";
import type { LocalProxyBreakers } from "../base/proxy_breakers.ts";
import type { ProxyOutcome, ToWorker } from "./worker_messages.ts";

/** A worker, as far as going through proxies goes. */
export interface ProxiedWorker {
  readonly died: AbortSignal;
  post(message: Extract<ToWorker, { type: "proxy" }>): void;
}

interface Shared {
  readonly breaker: Breaker;
  /** The tries that workers make alone. */
  readonly tries: Map<ProxiedWorker, Pass>;
  /** Whom it concerns: those that have asked. */
  readonly workers: Set<ProxiedWorker>;
}

/** Lets workers through proxies: many while a proxy works, else one of all of them at a time, and the main isolate's own. */
export class ProxiesForWorkers {
  readonly #proxies: LocalProxyBreakers;
  readonly #clock: Clock;
  readonly #known = new Map<string, Shared>();

  constructor(proxies: LocalProxyBreakers, clock: Clock) {
    this.#proxies = proxies;
    this.#clock = clock;
  }

  /** A request of the worker waits: it is told when it may go, at `signal` at the latest nothing. */
  async wanted(worker: ProxiedWorker, proxyUrl: string, signal: AbortSignal): Promise<void> {
    const shared = this.#of(proxyUrl);
    shared.workers.add(worker);
    const { breaker, tries } = shared;
    const [pass] = await passAll([breaker], this.#clock, signal);
    if (breaker.isClosed) pass!.unknown();
    else tries.set(worker, pass!);
    this.#tell(shared, proxyUrl, worker);
  }

  /** What a worker's try came to; one that began before the proxy changed says nothing new. */
  tried(worker: ProxiedWorker, proxyUrl: string, epoch: number, outcome: ProxyOutcome): void {
    const { breaker, tries } = this.#of(proxyUrl);
    const own = tries.get(worker);
    tries.delete(worker);
    if (own) return end(own, outcome);
    if (epoch === breaker.epoch) end(breaker.passAnyway(), outcome);
  }

  /** The tries of a dead worker are over. */
  leave(worker: ProxiedWorker): void {
    for (const { tries, workers } of this.#known.values()) {
      workers.delete(worker);
      const own = tries.get(worker);
      tries.delete(worker);
      own?.unknown();
    }
  }

  #of(proxyUrl: string): Shared {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const breaker = this.#proxies.of(proxyUrl);
    const made: Shared = { breaker, tries: new Map(), workers: new Set() };
    this.#known.set(proxyUrl, made);
    let { isClosed } = breaker;
    breaker.onChange(() => {
      if (breaker.isClosed === isClosed) return;
      isClosed = breaker.isClosed;
      for (const worker of made.workers) this.#tell(made, proxyUrl, worker);
    });
    return made;
  }

  #tell({ breaker, tries }: Shared, proxyUrl: string, worker: ProxiedWorker): void {
    const { isClosed, epoch, nextSlowWaitMs: slowWaitMs } = breaker;
    const state = { isClosed, isYours: tries.has(worker), epoch, slowWaitMs };
    worker.post({ type: "proxy", proxyUrl, state });
  }
}

function end(pass: Pass, outcome: ProxyOutcome): void {
  switch (outcome) {
    case "through":
      return pass.succeeded();
    case "refused":
    case "away":
      pass.failed(0, outcome === "refused");
      return;
    case "doubtful":
    case "unknown":
      return pass.unknown(outcome === "doubtful");
  }
}
