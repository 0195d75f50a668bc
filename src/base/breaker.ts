import { Backoff, type BackoffOptions, type BackoffSteps } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Env } from "./env.ts";

/** The right to make one try. Its outcome is said once; saying it again does nothing. */
export interface Pass {
  /** It works: everything may be tried. */
  succeeded(): void;
  /**
   * It failed: all tries wait.
   * @param floorMs Shortest wait, where the other side asks for one (`Retry-After`): the success of a try that began
   * before does not end it.
   * @param needsOperator Whether it fails until an operator acts, so that `slowBackoff` applies.
   * @returns the wait until the next try, in milliseconds.
   */
  failed(floorMs?: number, needsOperator?: boolean): number;
  /**
   * The outcome is not known, as when the try was given up.
   * @param doubtful Whether the next try is to be made alone.
   */
  unknown(doubtful?: boolean): void;
}

/** A breaker as those see it that make tries. */
export interface BreakerView {
  /** The right to try now; undefined while it has to be waited for. */
  tryPass(): Pass | undefined;
  /** Whether all tries may be made. */
  readonly isClosed: boolean;
  /** Milliseconds until a try may begin; 0 when one may now; Infinity while the result of another one is awaited. */
  readonly waitMs: number;
  /** Announces that a caller waits for a try. */
  want(): void;
  /**
   * Calls `listener` when a try may have become possible.
   * @returns a function that stops that.
   */
  onChange(listener: () => void): () => void;
}

export interface BreakerPolicy {
  readonly backoff: BackoffOptions | BackoffSteps;
  /** For what fails until an operator acts; `backoff` when left out. */
  readonly slowBackoff?: BackoffSteps;
  /** Whether a failure counts even if another try, begun later, has succeeded since. */
  readonly failuresStand?: boolean;
  /** Shortest wait of all. */
  readonly minWaitMs?: number;
  /** Whether the very first try is made alone: for what must not fail many times at once. */
  readonly startsAlone?: boolean | undefined;
}

/**
 * A circuit breaker. While tries succeed, all may be made. After a failure all wait; once the backoff is over, one try at
 * a time is made, and the first success lets all others go. A failure of a try that began before the last success or
 * failure is no news, and changes nothing, unless the other side asks to wait.
 */
export class Breaker implements BreakerView {
  readonly #clock: Clock;
  readonly #policy: BreakerPolicy;
  readonly #quick: Backoff;
  readonly #slow: Backoff;
  /** The one of the last failure. */
  #backoff: Backoff;
  readonly #listeners = new Set<() => void>();
  #isClosed: boolean;
  /** The try that is made alone. */
  #probe: Pass | undefined;
  #epoch = 0;
  /** Until when the other side has asked to wait. */
  #floorEndMs = -Infinity;

  constructor(env: Pick<Env, "clock" | "random">, policy: BreakerPolicy) {
    this.#clock = env.clock;
    this.#policy = policy;
    this.#backoff = this.#quick = new Backoff(policy.backoff, env);
    this.#slow = new Backoff(policy.slowBackoff ?? policy.backoff, env);
    this.#isClosed = !policy.startsAlone;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Changes with each success and failure that counts. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The wait after the next failure that needs an operator, where it is a step. */
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

  /** Nothing to do: callers see for themselves when the wait is over. */
  want(): void {}

  tryPass(): Pass | undefined {
    return this.waitMs > 0 ? undefined : this.#pass();
  }

  /** A try whatever has failed, for callers with their own deadline. Its success lets all others go. */
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
      failed: (floorMs = 0, needsOperator = false) => {
        if (end()) this.#failed(pass, epoch, floorMs, needsOperator);
        return this.#backoff.waitMs;
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
    // This answer was on its way when the other side asked to wait.
    if (epoch !== this.#epoch && this.#clock.monotonicMs() < this.#floorEndMs) {
      return this.#notify();
    }
    const isNews = !this.#isClosed;
    if (isNews || !this.#policy.failuresStand) this.#epoch++;
    this.#quick.succeeded();
    this.#slow.succeeded();
    if (!isNews) return;
    this.#isClosed = true;
    this.#notify();
  }

  #failed(pass: Pass, epoch: number, floorMs: number, needsOperator: boolean): void {
    this.#endProbe(pass);
    if (epoch === this.#epoch || this.#isClosed && floorMs > 0) {
      this.#backoff = needsOperator ? this.#slow : this.#quick;
      this.#epoch++;
      this.#isClosed = false;
      this.#backoff.failed(Math.max(floorMs, this.#policy.minWaitMs ?? 0));
    }
    if (floorMs > 0) {
      this.#backoff.atLeast(floorMs);
      this.#floorEndMs = Math.max(this.#floorEndMs, this.#clock.monotonicMs() + floorMs);
    }
    this.#notify();
  }

  #unknown(pass: Pass, epoch: number, doubtful: boolean): void {
    this.#endProbe(pass);
    if (doubtful && epoch === this.#epoch) this.#isClosed = false;
    this.#notify();
  }

  #endProbe(pass: Pass): void {
    if (this.#probe === pass) this.#probe = undefined;
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Longest sleep while the result of another try is awaited: a listener ends it. */
const MAX_SLEEP_MS = 2 ** 30;

/**
 * Waits until all breakers let a try begin.
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
      // The longest wait hides the others: all breakers are asked again after it.
      const waitMs = Math.max(...breakers.map(({ waitMs }) => waitMs));
      await clock.sleep(Math.min(waitMs, MAX_SLEEP_MS), AbortSignal.any([signal, changed.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!changed.signal.aborted) throw error;
    } finally {
      for (const end of ends) end();
    }
  }
}

/** A pass of each breaker, in their order; undefined unless all give one now. */
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
