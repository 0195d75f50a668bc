import type { DataPlaneWorker } from "./data_plane_worker.ts";

/** Passes on which sources are held: a request of one worker probes, and those of all others wait for it. */
export class HeldSources {
  readonly #workers = new Set<DataPlaneWorker>();
  /** The workers in which a request probes, for each source that is held. */
  readonly #holders = new Map<string, Set<DataPlaneWorker>>();

  /** Adds a worker, which is told at once what is held. */
  join(worker: DataPlaneWorker): void {
    this.#workers.add(worker);
    for (const source of this.#holders.keys()) worker.post({ type: "hold", source, held: true });
  }

  /** Removes a dead worker: what it holds is not held any more. */
  leave(worker: DataPlaneWorker): void {
    this.#workers.delete(worker);
    for (const source of [...this.#holders.keys()]) this.change(worker, source, false);
  }

  /** A worker holds a source, or does not hold it any more. */
  change(worker: DataPlaneWorker, source: string, held: boolean): void {
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

  /** Forgets a source that is removed. */
  forget(source: string): void {
    this.#holders.delete(source);
  }
}
