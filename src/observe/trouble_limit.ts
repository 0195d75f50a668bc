import type { TelemetryEvent } from "../base/telemetry.ts";

/** The same trouble is told at most this often. */
const REPEAT_AFTER_MS = 60_000;

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

interface Running {
  message: string;
  toldMs: number;
  untold: number;
  times: number;
}

/**
 * Keeps trouble that goes on from filling the log: told when it begins or changes, then once a minute with
 * the number of times, and once when it is over.
 */
export class TroubleLimit {
  readonly #running = new Map<string, Running>();

  /** @returns how many times it has happened since it was told, or undefined when it is not to be told now. */
  trouble({ about, message }: Trouble, nowMs: number): number | undefined {
    const running = this.#running.get(about);
    if (!running) {
      this.#running.set(about, { message, toldMs: nowMs, untold: 0, times: 1 });
      return 1;
    }
    running.times++;
    running.untold++;
    // A message that changes with every try, as with a request id in it, is not news each time.
    const changed = withoutIds(running.message) !== withoutIds(message);
    if (!changed && nowMs - running.toldMs < REPEAT_AFTER_MS) return undefined;
    const { untold } = running;
    running.message = message;
    running.toldMs = nowMs;
    running.untold = 0;
    return untold;
  }

  /** @returns how often it happened, or undefined when there was nothing. */
  recovered(about: string): number | undefined {
    const running = this.#running.get(about);
    this.#running.delete(about);
    return running?.times;
  }
}

function withoutIds(message: string): string {
  return message.replaceAll(/\(request id [^)]*\)|\d+/g, "");
}
