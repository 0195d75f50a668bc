/** Number of latest events that count. */
const WINDOW = 1000;

export interface GuardLimits {
  /** Maximum share of refused events among the last 1,000, in percent. */
  readonly maxRefusedPercent: number;
  /** Maximum number of consecutive refused events. */
  readonly maxRefusedInARow: number;
}

/**
 * Distinguishes single bad events, which are parked, from a fault that affects them all, such as a wrong mapping: then the source
 * is held instead of parking a million events.
 */
export class RejectRateGuard {
  readonly #limits: GuardLimits;
  /** A ring of the latest events: 1 for a refused one. */
  readonly #ring = new Uint8Array(WINDOW);
  #next = 0;
  #refused = 0;
  #inARow = 0;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  /** Counts events that HEC accepted. */
  recordAccepted(count: number): void {
    if (count > 0) this.#inARow = 0;
    if (count >= WINDOW) {
      this.#ring.fill(0);
      this.#refused = 0;
    } else for (let i = 0; i < count; i++) this.#push(0);
  }

  /**
   * Counts a refused event, unless that would exceed the limits.
   * @returns whether it may be parked.
   */
  tryReject(): boolean {
    const max = WINDOW * this.#limits.maxRefusedPercent / 100;
    const leaving = this.#ring[this.#next]!;
    if (this.#refused - leaving + 1 > max) return false;
    if (this.#inARow + 1 > this.#limits.maxRefusedInARow) return false;
    this.#inARow++;
    this.#push(1);
    return true;
  }

  #push(refused: 0 | 1): void {
    this.#refused += refused - this.#ring[this.#next]!;
    this.#ring[this.#next] = refused;
    this.#next = (this.#next + 1) % WINDOW;
  }
}
