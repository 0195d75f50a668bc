import type { BreakerView, Pass } from "../base/breaker.ts";
import type { ProxyBreakers } from "../base/proxy_breakers.ts";
import type { FromWorker, ProxyOutcome, ProxyState } from "./worker_messages.ts";

/**
 * Whether requests may go through each proxy, as a worker sees it: the main isolate decides for all workers, so that a
 * refusal is met once for all of them.
 */
export class ProxiesInMain implements ProxyBreakers {
  readonly #post: (message: FromWorker) => void;
  readonly #known = new Map<string, ProxyInMain>();

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  of(proxyUrl: string): ProxyInMain {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const made = new ProxyInMain(proxyUrl, this.#post);
    this.#known.set(proxyUrl, made);
    return made;
  }

  /** The main isolate says how it stands with a proxy. */
  changed(proxyUrl: string, state: ProxyState): void {
    this.of(proxyUrl).changed(state);
  }
}

class ProxyInMain implements BreakerView {
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
      // What goes well while all may go is no news.
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
