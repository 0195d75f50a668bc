import timers from "node:timers";
import type { Clock } from "../../src/base/clock.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  wake(): void;
}

/** A clock whose hands the test moves. Wall and monotonic time move together unless `jump` is used. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();
  readonly #settle: () => Promise<void>;

  /** @param letRun Lets what can run without time passing run. */
  constructor(
    startMs = Date.UTC(2026, 9, 6, 8, 30, 0),
    letRun: () => Promise<void> = settleInside,
  ) {
    this.#wallMs = startMs;
    this.#settle = letRun;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** How many callers sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const abort = () => {
      this.#sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      dueMs: this.#monotonicMs + ms,
      order: this.#order++,
      wake: () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#sleepers.add(sleeper);
    return promise;
  }

  /** Moves wall time alone, as setting the host's clock does. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  /** Moves time while nothing runs, as a process sees it that was stopped: what is due fires late. */
  leap(ms: number): void {
    this.#move(ms);
  }

  /** Moves time on, waking sleepers in the order in which they are due, and lets each run first. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await this.#settle();
    for (;;) {
      const next = [...this.#sleepers].filter((sleeper) => sleeper.dueMs <= endMs)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (!next) break;
      this.#move(Math.max(0, next.dueMs - this.#monotonicMs));
      this.#sleepers.delete(next);
      next.wake();
      await this.#settle();
    }
    this.#move(endMs - this.#monotonicMs);
    await this.#settle();
  }

  #move(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }
}

const { setImmediate } = timers;
/** Yields to the event loop that have not come back. */
let yields = 0;
timers.setImmediate = ((run: (...args: unknown[]) => void, ...args: unknown[]) => {
  yields++;
  return setImmediate(() => {
    yields--;
    run(...args);
  });
}) as typeof setImmediate;

/** Turns of the event loop in which work that ends has ended. */
const MAX_TURNS = 20_000;

/**
 * Lets all work run that waits for neither time nor anything outside the program: until nothing has yielded to the
 * event loop any more, as the microtasks of a turn all run before the next.
 */
export async function settleInside(): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (yields === 0) return;
  }
  throw new Error(`Work ran for ${MAX_TURNS} turns of the event loop without waiting for time`);
}

/** One turn of the event loop, in which sockets and timers that are ready are handled. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

/** Waits for what comes over sockets, which takes as many turns as it takes. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    if (holds()) return;
    await turn();
  }
  throw new Error(`Waited ${MAX_TURNS} turns of the event loop for ${holds}`);
}
