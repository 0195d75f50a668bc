import { Backoff } from "../base/backoff.ts";
import { Condition } from "../base/condition.ts";
import type { Env } from "../base/env.ts";

/** Between tries after a refusal that may pass by itself. */
const QUICK = { baseMs: 500, capMs: 30_000 };
/** Between tries of a held source: a few seconds at first, about half a minute later. */
const SLOW = { baseMs: 5000, capMs: 25_000 };
const MIN_SLOW_MS = 5000;

/** The one request of a refused source that is tried while the others wait. */
export interface Probe {
  /** Whether the source is held: it waits for its operator. */
  readonly isHold: boolean;
  /** Whether another isolate sends the request. */
  readonly isElsewhere: boolean;
}

/**
 * The circuit breaker of one source. While its events are refused for a reason that concerns the source as a whole, such
 * as its token, one batch probes and all others wait.
 *
 * A refusal that may pass by itself is probed quickly, and any success of the source ends it. A held source waits for its
 * operator: it is probed slowly, and only the success of its probe ends that.
 */
export class SourceBreaker {
  readonly #onHold: (isHeld: boolean) => void;
  readonly #changed = new Condition();
  readonly #quick: Backoff;
  readonly #slow: Backoff;
  #probe: Probe | undefined;

  /**
   * @param onHold Called when a request of this isolate holds the source, and when it releases it.
   */
  constructor(env: Env, onHold: (isHeld: boolean) => void = () => {}) {
    this.#onHold = onHold;
    this.#quick = new Backoff(QUICK, env);
    this.#slow = new Backoff(SLOW, env);
  }

  get isHeld(): boolean {
    return this.#probe?.isHold ?? false;
  }

  /** Milliseconds until the next try of the probe; 0 while it is under way. */
  get waitMs(): number {
    return (this.isHeld ? this.#slow : this.#quick).waitMs;
  }

  /** Whether requests may go out: all of them, or those of this probe. */
  lets(probe: Probe | undefined): boolean {
    return this.#probe === undefined || this.#probe === probe;
  }

  /**
   * Waits until requests may go out.
   * @throws the signal's reason when `signal` aborts first.
   */
  async wait(probe: Probe | undefined, signal: AbortSignal): Promise<void> {
    while (!this.lets(probe)) await this.#changed.wait(signal);
  }

  /**
   * Counts a refusal that may pass by itself.
   * @param probe The caller's, if it has one.
   * @param floorMs Minimum wait, as `Retry-After` asks for.
   * @returns the caller's probe; undefined when another request probes.
   */
  refused(probe: Probe | undefined, floorMs: number): Probe | undefined {
    if (!this.lets(probe)) return undefined;
    this.#quick.failed(floorMs);
    return this.#probe ??= { isHold: false, isElsewhere: false };
  }

  /**
   * Holds the source until the next slow try.
   * @param probe The caller's, if it has one.
   * @returns the caller's probe; undefined when another request probes the held source.
   */
  hold(probe?: Probe): Probe | undefined {
    if (this.isHeld && this.#probe !== probe) return undefined;
    this.#slow.failed(MIN_SLOW_MS);
    if (this.isHeld) return this.#probe;
    this.#probe = { isHold: true, isElsewhere: false };
    this.#onHold(true);
    return this.#probe;
  }

  /** Holds the source while another isolate probes it, or releases it from that. No effect while it is held here. */
  holdElsewhere(isHeld: boolean): void {
    if (this.#probe?.isElsewhere) this.#end();
    if (isHeld && !this.isHeld) this.#probe = { isHold: true, isElsewhere: true };
  }

  /** Ends a probe: its events were accepted, or its batch has ended. No effect on the probe of another. */
  release(probe: Probe | undefined): void {
    if (probe && this.#probe === probe) this.#end();
  }

  /** An answer shows that the source is not refused as a whole. A held source stays held. */
  succeeded(): void {
    this.#quick.succeeded();
    if (!this.isHeld) this.release(this.#probe);
  }

  #end(): void {
    const probe = this.#probe;
    this.#probe = undefined;
    this.#quick.succeeded();
    this.#slow.succeeded();
    if (probe?.isHold && !probe.isElsewhere) this.#onHold(false);
    this.#changed.notify();
  }
}
