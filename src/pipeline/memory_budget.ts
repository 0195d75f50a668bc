import { type SemaphoreGuard, WeightedSemaphore } from "../base/weighted_semaphore.ts";

/** A source's right to memory. */
export interface MemoryShare {
  /** Bytes that are this source's whatever the others hold. */
  readonly total: number;
  /** Bytes held now. */
  readonly taken: number;
  /** Whether this source holds memory that is everybody's, and little of that is left. */
  readonly isShort?: boolean;
  /** Waits for the right to use `bytes`. Throws the signal's reason when `signal` aborts first. */
  acquire(bytes: number, signal: AbortSignal): Promise<SemaphoreGuard>;
  /** The right to use `bytes`, if they are free now. */
  tryAcquire(bytes: number): SemaphoreGuard | undefined;
}

/**
 * Divides a budget among the sources, so that one whose logs cannot be delivered does not hold up the
 * others: each has a part of its own, and what is left goes to whoever asks.
 */
export class MemoryBudget {
  readonly #ownBytes: number;
  readonly #leastBytes: number;
  readonly #common: WeightedSemaphore;

  /**
   * @param leastBytes What a source needs to get on at all; its own part is not less while the budget
   * allows that for all. Where it does not, a source gets as much all the same while it has nothing else.
   */
  constructor(totalBytes: number, sources: number, leastBytes: number) {
    this.#leastBytes = leastBytes;
    const even = Math.floor(totalBytes / sources);
    // A part that is too small for anything is of no use to its source; the others can use it.
    const own = leastBytes <= even ? Math.max(even / 2, leastBytes) : even / 2;
    this.#ownBytes = sources === 1 ? totalBytes : Math.floor(own);
    this.#common = new WeightedSemaphore(totalBytes - this.#ownBytes * sources);
  }

  /** The share of one more source. */
  next(): MemoryShare {
    const own = new WeightedSemaphore(this.#ownBytes);
    const common = this.#common;
    const leastBytes = this.#leastBytes;
    let fromCommon = 0;
    const tryAcquire = (bytes: number) => {
      const free = own.tryAcquire(bytes);
      if (free) return free;
      const extra = common.tryAcquire(bytes);
      if (!extra) return undefined;
      fromCommon += bytes;
      return counted(extra, (change) => fromCommon += change);
    };
    return {
      total: this.#ownBytes,
      get taken() {
        return own.taken + fromCommon;
      },
      get isShort() {
        return fromCommon > 0 && common.total - common.taken < leastBytes;
      },
      tryAcquire,
      acquire: async (bytes, signal) => {
        signal.throwIfAborted();
        return tryAcquire(bytes) ?? await own.acquire(bytes, signal);
      },
    };
  }
}

/** A permit that tells how its count changes. */
function counted(permit: SemaphoreGuard, onChange: (change: number) => void): SemaphoreGuard {
  const watch = <T>(work: () => T): T => {
    const before = permit.count;
    const result = work();
    onChange(permit.count - before);
    return result;
  };
  return {
    get count() {
      return permit.count;
    },
    grow: (count) => watch(() => permit.grow(count)),
    shrink: (count) => watch(() => permit.shrink(count)),
    release: () => watch(() => permit.release()),
  };
}
