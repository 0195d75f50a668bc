import { abortable } from "../base/on_abort.ts";

/** The duty to find out whether a held source's events are taken again. */
export interface Probe {
  /** Lets the source's other requests go on. */
  release(): void;
}

/**
 * Stops all requests of one source but one, while HEC refuses them for a reason that somebody must mend:
 * that one tries again slowly, and the others wait for what it finds.
 */
export class HoldGate {
  readonly #onChange: (held: boolean) => void;
  #closed: PromiseWithResolvers<void> | undefined;

  /** @param onChange Told when a request here holds the source, and when it lets the others go on. */
  constructor(onChange: (held: boolean) => void = () => {}) {
    this.#onChange = onChange;
  }

  /** Whether the source is held. */
  get held(): boolean {
    return this.#closed !== undefined;
  }

  /** Waits while the source is held. Throws the signal's reason when `signal` aborts first. */
  async pass(signal: AbortSignal): Promise<void> {
    while (this.#closed) await abortable(this.#closed.promise, signal);
  }

  /** Holds the source. @returns the duty to probe, or undefined when another request has it. */
  hold(): Probe | undefined {
    const probe = this.holdForOther();
    if (!probe) return undefined;
    this.#onChange(true);
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        probe.release();
        this.#onChange(false);
      },
    };
  }

  /** Holds the source while a request in another isolate probes. @returns undefined when it is held already. */
  holdForOther(): Probe | undefined {
    if (this.#closed) return undefined;
    const closed = this.#closed = Promise.withResolvers<void>();
    return {
      release: () => {
        if (this.#closed === closed) this.#closed = undefined;
        closed.resolve();
      },
    };
  }
}
