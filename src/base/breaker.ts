import { Backoff, type BackoffOptions, type BackoffSteps } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** The right to make one try. What it came to is said once; more often does nothing. */
export interface Pass {
  /** It works: everybody may try. */
  succeeded(): void;
  /**
   * It failed: everybody waits.
   * @param floorMs The least wait, as the other side has asked for it (`Retry-After`): no try that began before ends it.
   * @param slowly Whether it waits for its operator, so that `slowBackoff` says when the next try is.
   * @returns the wait until the next try, in milliseconds.
   */
  failed(floorMs?: number, slowly?: boolean): number;
  /** Nothing is known of it, as when the try was given up; `doubtful`: the next one is made alone. */
  unknown(doubtful?: boolean): void;
}

/** What many try and what fails for all alike, as those see it who try. */
export interface BreakerView {
  /** The right to try now; undefined when it is to be waited for. */
  tryPass(): Pass | undefined;
  /** Whether everybody may try. */
  readonly isClosed: boolean;
  /** Milliseconds until a try may begin; 0 when one may now; Infinity while the try of another is awaited. */
  readonly waitMs: number;
  /** Says that somebody waits for a try. */
  want(): void;
  /** Has `listener` called when what was waited for may have come. @returns what ends that. */
  onChange(listener: () => void): () => void;
}

export interface BreakerOptions {
  readonly backoff: BackoffOptions | BackoffSteps;
  /** For what waits for its operator; as `backoff` when left out. */
  readonly slowBackoff?: BackoffSteps;
  /** Whether a failure counts though others have succeeded since its try began. */
  readonly failuresStand?: boolean;
  /** Every wait is at least this long. */
  readonly leastMs?: number;
  /** Whether the first try of all is made alone: for what must not fail many times at once. */
  readonly startsAlone?: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * A circuit breaker. While tries succeed everybody may make them. After one that failed all wait; when its backoff is
 * over one try at a time is made, and the first that succeeds lets all others go. A failure of a try that began before
 * the last success or failure says nothing new, and changes nothing; unless the other side has asked to wait.
 */
export class Breaker implements BreakerView {
  readonly #options: BreakerOptions;
  readonly #quick: Backoff;
  readonly #slow: Backoff;
  /** The one of the last failure. */
  #backoff: Backoff;
  readonly #listeners = new Set<() => void>();
  /** Whether everybody may try. */
  #isClosed: boolean;
  /** The try that is made alone. */
  #probe: Pass | undefined;
  /** Changes with each success and failure that counts. */
  #epoch = 0;
  /** Until when the other side has asked to wait. */
  #floorEndMs = -Infinity;

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#backoff = this.#quick = new Backoff(options.backoff, options);
    this.#slow = new Backoff(options.slowBackoff ?? options.backoff, options);
    this.#isClosed = !options.startsAlone;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Changes with each success and failure that counts. */
  get epoch(): number {
    return this.#epoch;
  }

  /** How long the next failure that waits for its operator would take, where that is a step. */
  get nextSlowWaitMs(): number {
    return this.#slow.nextStepMs;
  }

  /** Failed tries since the last success. */
  get failures(): number {
    return this.#quick.failures + this.#slow.failures;
  }

  get waitMs(): number {
    if (this.#isClosed) return 0;
    return this.#probe ? Infinity : this.#backoff.waitMs;
  }

  /** Nothing to do: who waits sees when the wait is over. */
  want(): void {}

  tryPass(): Pass | undefined {
    return this.waitMs > 0 ? undefined : this.#pass();
  }

  /** A try whatever has failed: for what has a deadline of its own. Its success lets all others go. */
  passAnyway(): Pass {
    return this.#pass();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #pass(): Pass {
    const epoch = this.#epoch;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      return true;
    };
    const pass: Pass = {
      succeeded: () => {
        if (end()) this.#succeeded(pass, epoch);
      },
      failed: (floorMs, slowly) => {
        return end() ? this.#failed(pass, epoch, floorMs, slowly) : this.#backoff.waitMs;
      },
      unknown: (doubtful = false) => {
        if (end()) this.#unknown(pass, epoch, doubtful);
      },
    };
    if (!this.#isClosed) this.#probe ??= pass;
    return pass;
  }

  #succeeded(pass: Pass, epoch: number): void {
    this.#endProbe(pass);
    // The answer was on its way when the other side asked to wait.
    if (epoch !== this.#epoch && this.#options.clock.monotonicMs() < this.#floorEndMs) {
      return this.#tell();
    }
    const isNews = !this.#isClosed;
    if (isNews || !this.#options.failuresStand) this.#epoch++;
    this.#quick.succeeded();
    this.#slow.succeeded();
    if (!isNews) return;
    this.#isClosed = true;
    this.#tell();
  }

  #failed(pass: Pass, epoch: number, floorMs = 0, slowly = false): number {
    this.#endProbe(pass);
    if (epoch === this.#epoch || this.#isClosed && floorMs > 0) {
      this.#backoff = slowly ? this.#slow : this.#quick;
      this.#epoch++;
      this.#isClosed = false;
      this.#backoff.failed(Math.max(floorMs, this.#options.leastMs ?? 0));
    }
    if (floorMs > 0) {
      this.#backoff.atLeast(floorMs);
      this.#floorEndMs = Math.max(this.#floorEndMs, this.#options.clock.monotonicMs() + floorMs);
    }
    this.#tell();
    return this.#backoff.waitMs;
  }

  #unknown(pass: Pass, epoch: number, doubtful: boolean): void {
    this.#endProbe(pass);
    if (doubtful && epoch === this.#epoch) this.#isClosed = false;
    this.#tell();
  }

  #endProbe(pass: Pass): void {
    if (this.#probe === pass) this.#probe = undefined;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Waits until nothing is in the way, longest while another's try is awaited. */
const LONG_MS = 2 ** 30;

/**
 * Waits until all of them let a try begin.
 * @returns a pass of each, in their order.
 * @throws the signal's reason when `signal` aborts first.
 */
export async function passAll(
  breakers: readonly BreakerView[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Pass[]> {
  for (;;) {
    signal.throwIfAborted();
    const passes = tryPassAll(breakers);
    if (passes) return passes;
    const changed = new AbortController();
    const ends = breakers.map((breaker) => breaker.onChange(() => changed.abort()));
    for (const breaker of breakers) breaker.want();
    try {
      // What one waits for hides what another would: after it all are asked again.
      const waitMs = Math.max(...breakers.map(({ waitMs }) => waitMs));
      await clock.sleep(Math.min(waitMs, LONG_MS), AbortSignal.any([signal, changed.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!changed.signal.aborted) throw error;
    } finally {
      for (const end of ends) end();
    }
  }
}

/** A pass of each, in their order, or of none. */
export function tryPassAll(breakers: readonly BreakerView[]): Pass[] | undefined {
  if (breakers.some(({ waitMs }) => waitMs > 0)) return undefined;
  const passes: Pass[] = [];
  for (const breaker of breakers) {
    const pass = breaker.tryPass();
    if (!pass) {
      for (const taken of passes) taken.unknown();
      return undefined;
    }
    passes.push(pass);
  }
  return passes;
}
