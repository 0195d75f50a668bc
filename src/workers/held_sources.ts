/** A worker, as far as holding sources goes. */
export interface HoldingWorker {
  post(message: { type: "hold"; source: string; held: boolean }): void;
}

/** Passes on which sources are held: a request of one worker probes, and those of all others wait for it. */
export class HeldSources {
  readonly #workers = new Set<HoldingWorker>();
  /** The workers in which a request probes, for each source. */
  readonly #holders = new Map<string, Set<HoldingWorker>>();

  /** A new worker learns what is held. */
  join(worker: HoldingWorker): void {
    this.#workers.add(worker);
    for (const source of this.#holders.keys()) worker.post({ type: "hold", source, held: true });
  }

  /** What a dead worker holds is not held any more. */
  leave(worker: HoldingWorker): void {
    this.#workers.delete(worker);
    for (const source of [...this.#holders.keys()]) this.change(worker, source, false);
  }

  /** A worker holds a source, or lets it go on. */
  change(worker: HoldingWorker, source: string, held: boolean): void {
    const holders = this.#holders.get(source) ?? new Set();
    if (holders.has(worker) === held) return;
    if (held) this.#holders.set(source, holders.add(worker));
    else holders.delete(worker);
    if (holders.size === 0) this.#holders.delete(source);
    for (const other of this.#workers) {
      const heldForIt = [...holders].some((holder) => holder !== other);
      if (other !== worker) other.post({ type: "hold", source, held: heldForIt });
    }
  }
}
