/** Pulls of workers wait in the main isolate for the rates that all workers share. */
import { abortable } from "../base/on_abort.ts";
import type { PullRate, PullRates, RateSlot } from "../base/pull_rates.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** A worker, as far as rates are concerned. */
interface RatedWorker {
  post(message: Extract<ToWorker, { type: "pull_granted" }>): void;
}

/** A pull of a worker, from its request to its end. */
interface RatedPull {
  readonly ended: AbortController;
  /** Undefined while it waits. */
  slot: RateSlot | undefined;
}

/** The main isolate's side. */
export class RateServer {
  readonly #rates: PullRates;
  readonly #workers = new Map<RatedWorker, Map<number, RatedPull>>();

  constructor(rates: PullRates) {
    this.#rates = rates;
  }

  /** Posts to the worker when its pull may start. Returns when it may, or has ended before. */
  async wanted(worker: RatedWorker, pull: number, source: string): Promise<void> {
    const rate = this.#rates.of(source);
    if (!rate) return; // removed: its runs are being dropped
    const pulls = this.#workers.get(worker) ?? new Map<number, RatedPull>();
    this.#workers.set(worker, pulls);
    const waiting: RatedPull = { ended: new AbortController(), slot: undefined };
    pulls.set(pull, waiting);
    const { signal } = waiting.ended;
    try {
      const slot = await rate.wait(signal);
      if (signal.aborted) return slot[Symbol.dispose](); // ended when it was served
      waiting.slot = slot;
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    worker.post({ type: "pull_granted", pull });
  }

  /**
   * A pull has ended, also one that still waits.
   * @param bytes As in `RateSlot`.
   */
  ended(worker: RatedWorker, pull: number, bytes: number | undefined): void {
    const pulls = this.#workers.get(worker);
    const ended = pulls?.get(pull);
    if (!ended) return;
    pulls!.delete(pull);
    ended.ended.abort(new DOMException("The pull has ended", "AbortError"));
    if (!ended.slot) return;
    ended.slot.bytes = bytes;
    ended.slot[Symbol.dispose]();
  }

  /** Ends the pulls of a dead worker. */
  leave(worker: RatedWorker): void {
    const pulls = [...this.#workers.get(worker)?.keys() ?? []];
    for (const pull of pulls) this.ended(worker, pull, undefined);
    this.#workers.delete(worker);
  }
}

/** The worker's side. */
export class RemoteRates {
  readonly #post: (message: FromWorker) => void;
  readonly #waiting = new Map<number, () => void>();
  #next = 0;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /** The rate of a source that has one. */
  of(source: string): PullRate {
    return { wait: (signal) => this.#wait(source, signal) };
  }

  /** The main isolate lets a pull start; one that has ended meanwhile is ignored. */
  granted(pull: number): void {
    this.#waiting.get(pull)?.();
  }

  async #wait(source: string, signal: AbortSignal): Promise<RateSlot> {
    signal.throwIfAborted();
    const pull = this.#next++;
    const granted = Promise.withResolvers<void>();
    this.#waiting.set(pull, granted.resolve);
    this.#post({ type: "pull_wanted", pull, source });
    const end = (bytes: number | undefined) => this.#post({ type: "pull_ended", pull, bytes });
    try {
      await abortable(granted.promise, signal);
    } catch (error) {
      end(undefined);
      throw error;
    } finally {
      this.#waiting.delete(pull);
    }
    const slot: RateSlot = { bytes: undefined, [Symbol.dispose]: () => end(slot.bytes) };
    return slot;
  }
}
