import type { Clock } from "../base/clock.ts";

/**
 * A second signal within this time is the same one come twice: a launcher passes on what its whole
 * process group got.
 */
const SAME_SIGNAL_MS = 250;

const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const;

/** Aborts its signal on the first SIGTERM or SIGINT; a second one ends the process at once. */
export class StopSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #handlers: [Deno.Signal, () => void][] = [];

  /** @param exit Ends the process; given to be replaced in tests. */
  constructor(clock: Clock, exit: (code: number) => void = Deno.exit) {
    let firstMs: number | undefined;
    for (const [name, number] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
      const handler = () => {
        const nowMs = clock.monotonicMs();
        if (firstMs === undefined) {
          firstMs = nowMs;
          this.#stop.abort(new DOMException(`Stopped by ${name}`, "AbortError"));
        } else if (nowMs - firstMs > SAME_SIGNAL_MS) exit(128 + number);
      };
      // Windows has no SIGTERM to listen to.
      if (Deno.build.os === "windows" && name === "SIGTERM") continue;
      Deno.addSignalListener(name, handler);
      this.#handlers.push([name, handler]);
    }
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) Deno.removeSignalListener(name, handler);
  }
}
