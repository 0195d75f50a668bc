import { type Clock, systemClock } from "../../src/base/clock.ts";
import { onAbort } from "../../src/base/on_abort.ts";

const TURN_MS = 1;
/** Real time that counts between two turns of the event loop, at most. */
const MAX_TURN_MS = 4;

/**
 * A clock on which waits pass `speed` times as fast; wall time stays true, as servers check it.
 *
 * Time passes only while the event loop turns: when the machine is busy and the process stands still, or one turn is
 * long, time waits too. So no wait is over before sockets had their turns, and what happens does not hang on the load.
 */
export function fastClock(speed: number): Clock {
  return new FastClock(speed);
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

class FastClock implements Clock {
  readonly #speed: number;
  readonly #sleepers = new Set<Sleeper>();
  #nowMs = 0;
  #countedMs = systemClock.monotonicMs();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(speed: number) {
    this.#speed = speed;
  }

  nowMs(): number {
    return systemClock.nowMs();
  }

  monotonicMs(): number {
    const realMs = systemClock.monotonicMs();
    const passedMs = realMs - this.#countedMs;
    this.#countedMs = realMs;
    // With nothing asleep there is nothing that could be over too early.
    this.#nowMs += (this.#timer === undefined ? passedMs : Math.min(passedMs, MAX_TURN_MS)) *
      this.#speed;
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const sleeper = { dueMs: this.monotonicMs() + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    using _ = onAbort(signal, (reason) => {
      this.#sleepers.delete(sleeper);
      if (this.#sleepers.size === 0) this.#rest();
      reject(reason);
    });
    this.#timer ??= setTimeout(() => this.#turn(), TURN_MS);
    await promise;
  }

  #turn(): void {
    const nowMs = this.monotonicMs();
    const due = [...this.#sleepers].filter(({ dueMs }) => dueMs <= nowMs);
    for (const sleeper of due.sort((a, b) => a.dueMs - b.dueMs)) {
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
    this.#rest();
    if (this.#sleepers.size > 0) this.#timer = setTimeout(() => this.#turn(), TURN_MS);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
