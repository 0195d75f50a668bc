/** Events that are looked back on. */
const WINDOW = 1000;

export interface GuardLimits {
  /** Refused events of the last 1,000, in percent, that still count as single bad events. */
  readonly maxRefusedPercent: number;
  /** Refused events one after the other that still do. */
  readonly maxRefusedInARow: number;
}

/**
 * Tells single bad events, which are parked, from a fault that concerns them all, such as a wrong mapping:
 * then the source is held, instead of parking a million events.
 */
export class RejectRateGuard {
  readonly #limits: GuardLimits;
  /** 1 for a refused event; a ring of the last events. */
  readonly #ring = new Uint8Array(WINDOW);
  #next = 0;
  #refused = 0;
  #inARow = 0;

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  /** Counts events that HEC took. */
  taken(count: number): void {
    if (count > 0) this.#inARow = 0;
    if (count >= WINDOW) {
      this.#ring.fill(0);
      this.#refused = 0;
    } else for (let i = 0; i < count; i++) this.#push(0);
  }

  /** Whether one more refused event may be parked; if so it is counted. */
  mayPark(): boolean {
    const most = WINDOW * this.#limits.maxRefusedPercent / 100;
    const leaving = this.#ring[this.#next]!;
    if (this.#refused - leaving + 1 > most) return false;
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
