import type { Clock } from "../base/clock.ts";
import { printErrorLine } from "./print.ts";

/** A second signal within this time is a duplicate: a launcher forwards what its whole process group received. */
const SAME_SIGNAL_MS = 250;

const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const;

/** The process's signals; tests replace them. */
interface SignalPorts {
  readonly listen: (signal: Deno.Signal, listener: () => void) => void;
  readonly unlisten: (signal: Deno.Signal, listener: () => void) => void;
  /** Ends the process. */
  readonly exit: (code: number) => void;
}

const PROCESS: SignalPorts = {
  listen: Deno.addSignalListener,
  unlisten: Deno.removeSignalListener,
  exit: Deno.exit,
};

/** Aborts its signal on the first SIGTERM or SIGINT; a second one ends the process at once. */
export class StopSignals implements Disposable {
  readonly #stop = new AbortController();
  readonly #ports: SignalPorts;
  readonly #handlers: [Deno.Signal, () => void][] = [];

  constructor(clock: Clock, ports: SignalPorts = PROCESS) {
    this.#ports = ports;
    let firstMs: number | undefined;
    for (const [name, number] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
      const handler = () => {
        const nowMs = clock.monotonicMs();
        if (firstMs === undefined) {
          firstMs = nowMs;
          this.#stop.abort(new DOMException(`Stopped by ${name}`, "AbortError"));
        } else if (nowMs - firstMs > SAME_SIGNAL_MS) ports.exit(128 + number);
      };
      // Windows has no SIGTERM to listen to.
      if (Deno.build.os === "windows" && name === "SIGTERM") continue;
      ports.listen(name, handler);
      this.#handlers.push([name, handler]);
    }
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  [Symbol.dispose](): void {
    for (const [name, handler] of this.#handlers) this.#ports.unlisten(name, handler);
  }
}

/**
 * Listens to SIGUSR1, which would otherwise end an executable. `deno run` opens its inspector on SIGUSR1 even when
 * something listens, so a warning says so; an executable has no inspector. `deno task start` blocks the signal where
 * it can.
 */
export function surviveInspectorSignal(): void {
  if (Deno.build.os === "windows") return; // has no such signal
  Deno.addSignalListener("SIGUSR1", () => {
    if (Deno.build.standalone) return;
    printErrorLine(
      "warning: SIGUSR1 made Deno open its inspector on 127.0.0.1:9229: anyone who can connect to it " +
        "can do what this program can do. Restart it with `deno task start` or as an executable",
    );
  });
}
