import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import type { IndexDiversion } from "./envelope_index.ts";

/** After this long a refused index is tried again: it may be allowed by now. */
const REMEMBERED_MS = 3_600_000;
/** With more, a request that meets another one sends all that is left of it to the fallback index. */
const MAX_REMEMBERED = 1000;

/**
 * The indexes that a token has refused to a source whose events name several: later events that name them go to the
 * fallback index at once, instead of costing one refused request each. Forgotten after an hour, and with the token.
 */
export class RefusedIndexes {
  readonly #clock: Clock;
  readonly #fallbackIndex: string;
  /** When each is tried again, the earliest first. */
  readonly #untilMs = new Map<string, number>();
  #token: Secret | undefined;
  #diversion: IndexDiversion | undefined;

  /**
   * @param fallbackIndex Where events go in place of a refused index.
   */
  constructor(clock: Clock, fallbackIndex: string) {
    this.#clock = clock;
    this.#fallbackIndex = fallbackIndex;
  }

  /** What is done with events until something changes; undefined while no index is refused. */
  get diversion(): IndexDiversion | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (const [index, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) break;
      this.#untilMs.delete(index);
      this.#diversion = undefined;
    }
    if (this.#untilMs.size === 0) return undefined;
    return this.#diversion ??= { to: this.#fallbackIndex, from: new Set(this.#untilMs.keys()) };
  }

  /**
   * Remembers an index that was refused.
   * @param token Which does not allow it.
   * @returns what to do with the rest of the request.
   */
  add(index: string, token: Secret): IndexDiversion {
    this.answered(token);
    this.#token = token;
    if (this.#untilMs.size >= MAX_REMEMBERED) return { to: this.#fallbackIndex, from: undefined };
    this.#untilMs.set(index, this.#clock.monotonicMs() + REMEMBERED_MS);
    this.#diversion = undefined;
    return this.diversion!;
  }

  /** Forgets all that another token has refused. */
  answered(token: Secret): void {
    if (token === this.#token) return;
    this.#untilMs.clear();
    this.#diversion = undefined;
  }
}
