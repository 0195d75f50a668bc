/** Decides in the main isolate, for all workers, whether requests may go through a proxy: they fail only once then. */
import { type Breaker, type BreakerView, type Pass, passAll } from "../base/breaker.ts";
import type { Clock } from "../base/clock.ts";
import type { LocalProxyBreakers, ProxyBreakers } from "../base/proxy_breakers.ts";
import type { FromWorker, ProxyOutcome, ProxyState, ToWorker } from "./worker_messages.ts";

/** A worker, as far as proxies are concerned. */
interface ProxiedWorker {
  readonly died: AbortSignal;
  post(message: Extract<ToWorker, { type: "proxy" }>): void;
}

interface SharedProxy {
  readonly breaker: Breaker;
  /** The single tries that workers make. */
  readonly tries: Map<ProxiedWorker, Pass>;
  /** The workers that have asked for the proxy. */
  readonly workers: Set<ProxiedWorker>;
}

/**
 * The main isolate's side: while a proxy works, all workers may use it; otherwise one request at a time, of all workers
 * and the main isolate together.
 */
export class ProxyServer {
  readonly #proxies: LocalProxyBreakers;
  readonly #clock: Clock;
  readonly #known = new Map<string, SharedProxy>();

  constructor(proxies: LocalProxyBreakers, clock: Clock) {
    this.#proxies = proxies;
    this.#clock = clock;
  }

  /**
   * A request of the worker waits: posts to the worker when the request may go.
   * @throws the reason of `signal`.
   */
  async wanted(worker: ProxiedWorker, proxyUrl: string, signal: AbortSignal): Promise<void> {
    const shared = this.#of(proxyUrl);
    shared.workers.add(worker);
    const { breaker, tries } = shared;
    const [pass] = await passAll([breaker], this.#clock, signal);
    if (breaker.isClosed) pass!.unknown();
    else tries.set(worker, pass!);
    this.#postState(shared, proxyUrl, worker);
  }

  /** Takes the outcome of a worker's try; one that began before the proxy's state changed is ignored. */
  tried(worker: ProxiedWorker, proxyUrl: string, epoch: number, outcome: ProxyOutcome): void {
    const { breaker, tries } = this.#of(proxyUrl);
    const own = tries.get(worker);
    tries.delete(worker);
    if (own) return end(own, outcome);
    if (epoch === breaker.epoch) end(breaker.passAnyway(), outcome);
  }

  /** Ends the tries of a dead worker. */
  leave(worker: ProxiedWorker): void {
    for (const { tries, workers } of this.#known.values()) {
      workers.delete(worker);
      const own = tries.get(worker);
      tries.delete(worker);
      own?.unknown();
    }
  }

  #of(proxyUrl: string): SharedProxy {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const breaker = this.#proxies.of(proxyUrl);
    const made: SharedProxy = { breaker, tries: new Map(), workers: new Set() };
    this.#known.set(proxyUrl, made);
    let { isClosed } = breaker;
    breaker.onChange(() => {
      if (breaker.isClosed === isClosed) return;
      isClosed = breaker.isClosed;
      for (const worker of made.workers) this.#postState(made, proxyUrl, worker);
    });
    return made;
  }

  #postState({ breaker, tries }: SharedProxy, proxyUrl: string, worker: ProxiedWorker): void {
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

/** The worker's side. */
export class RemoteProxies implements ProxyBreakers {
  readonly #post: (message: FromWorker) => void;
  readonly #known = new Map<string, RemoteProxy>();

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  of(proxyUrl: string): RemoteProxy {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const made = new RemoteProxy(proxyUrl, this.#post);
    this.#known.set(proxyUrl, made);
    return made;
  }

  /** Takes a proxy's new state from the main isolate. */
  changed(proxyUrl: string, state: ProxyState): void {
    this.of(proxyUrl).changed(state);
  }
}

class RemoteProxy implements BreakerView {
  readonly #proxyUrl: string;
  readonly #post: (message: FromWorker) => void;
  readonly #listeners = new Set<() => void>();
  #state: ProxyState = { isClosed: false, isYours: false, epoch: -1, slowWaitMs: 0 };
  /** Whether the main isolate knows that a request waits here. */
  #isWanted = false;

  constructor(proxyUrl: string, post: (message: FromWorker) => void) {
    this.#proxyUrl = proxyUrl;
    this.#post = post;
  }

  get isClosed(): boolean {
    return this.#state.isClosed;
  }

  get waitMs(): number {
    return this.#state.isClosed || this.#state.isYours ? 0 : Infinity;
  }

  want(): void {
    if (this.#isWanted || this.waitMs === 0) return;
    this.#isWanted = true;
    this.#post({ type: "proxy_wanted", proxyUrl: this.#proxyUrl });
  }

  tryPass(): Pass | undefined {
    if (this.waitMs > 0) return undefined;
    const { isClosed, epoch, slowWaitMs } = this.#state;
    this.#state = { ...this.#state, isYours: false };
    let isOver = false;
    const end = (outcome: ProxyOutcome) => {
      if (isOver) return;
      isOver = true;
      // A success while all may go changes nothing.
      const isNews = !isClosed || outcome === "refused" || outcome === "away" ||
        outcome === "doubtful";
      if (isNews) this.#post({ type: "proxy_tried", proxyUrl: this.#proxyUrl, epoch, outcome });
    };
    return {
      succeeded: () => end("through"),
      failed: (_floorMs, slowly = false) => {
        end(slowly ? "refused" : "away");
        return slowly ? slowWaitMs : 1;
      },
      unknown: (doubtful = false) => end(doubtful ? "doubtful" : "unknown"),
    };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(state: ProxyState): void {
    this.#state = state;
    this.#isWanted = false;
    for (const listener of [...this.#listeners]) listener();
  }
}
