import type { WorkerHandle } from "./worker_handle.ts";

/** Has all workers hold the sources that one of them holds: one request probes, and those of all others wait. */
export class HeldSources {
  readonly #workers = new Set<WorkerHandle>();
  /** The workers in which a request probes, for each source that is held. */
  readonly #holders = new Map<string, Set<WorkerHandle>>();

  /** Adds a worker, and posts to it what is held. */
  join(worker: WorkerHandle): void {
    this.#workers.add(worker);
    for (const source of this.#holders.keys()) worker.post({ type: "hold", source, held: true });
  }

  /** Removes a dead worker: it does not hold its sources any more. */
  leave(worker: WorkerHandle): void {
    this.#workers.delete(worker);
    for (const source of [...this.#holders.keys()]) this.change(worker, source, false);
  }

  /** A worker holds a source, or does not hold it any more. */
  change(worker: WorkerHandle, source: string, held: boolean): void {
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
