import { WaitQueue } from "./wait_queue.ts";

/**
 * A lock that is held by one at a time. Owners that wait take turns, however many of their callers wait; the callers of
 * one owner are served in the order of asking.
 */
export class TurnLock {
  readonly #waiting = new WaitQueue<string>();
  /** The owners that have been served while others waited, the latest last. */
  readonly #served = new Set<string>();
  #isHeld = false;

  /**
   * Waits for the lock and takes it.
   * @param owner Whose turn it is to be.
   * @returns gives it back when it is disposed; more than once does nothing.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(owner: string, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#isHeld) await this.#waiting.wait(owner, signal);
    return this.#hold(owner);
  }

  /** Takes the lock if it is free; otherwise returns undefined. */
  tryAcquire(owner: string): Disposable | undefined {
    return this.#isHeld ? undefined : this.#hold(owner);
  }

  #hold(owner: string): Disposable {
    this.#isHeld = true;
    this.#served.delete(owner);
    this.#served.add(owner);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#pass();
        isHeld = false;
      },
    };
  }

  /** Gives the lock to the first caller of the owner that was served longest ago, or has not been served. */
  #pass(): void {
    if (this.#waiting.length === 0) {
      this.#isHeld = false;
      this.#served.clear();
      return;
    }
    let best = 0;
    let bestTurn = Infinity;
    const turns = new Map([...this.#served].map((owner, turn) => [owner, turn]));
    for (let at = 0; at < this.#waiting.length && bestTurn >= 0; at++) {
      const turn = turns.get(this.#waiting.at(at)!) ?? -1;
      if (turn < bestTurn) [best, bestTurn] = [at, turn];
    }
    this.#waiting.grant(best);
  }
}
