import type { Clock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/operator_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { LogstorePort } from "./ports.ts";

/** How long an answer, or the lack of one, holds: the retention may be changed, or the permission given. */
const HOLDS_MS = 600_000;

/** How long a failure holds that passes by itself. */
const PASSES_MS = 60_000;

const HINT = "Allow the access key log:GetLogStore on the logstore, or do without the warning";

export interface RetentionOptions {
  readonly source: string;
  readonly logstore: LogstorePort;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** For how long the logstore of a source keeps its logs, if the server says so. */
export class Retention {
  readonly #options: RetentionOptions;
  #sec: number | undefined;
  #nextAskMs = 0;
  #told = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /**
   * Seconds from receipt to expiry; undefined when they cannot be had, which is told once: the program does
   * without them, since they need a permission that nothing else needs.
   * @throws the reason of `signal` when it aborts.
   */
  async sec(signal: AbortSignal): Promise<number | undefined> {
    const { source, logstore, clock, telemetry } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#nextAskMs) return this.#sec;
    this.#nextAskMs = nowMs + HOLDS_MS; // the other shards need not ask meanwhile
    try {
      this.#sec = await logstore.retentionSec(signal);
      this.#told = false;
    } catch (error) {
      if (signal.aborted) this.#nextAskMs = 0;
      signal.throwIfAborted();
      if (error instanceof OperatorError && error.passes) { // reported where the shards are read
        this.#nextAskMs = nowMs + PASSES_MS;
        return this.#sec;
      }
      this.#sec = undefined;
      if (!this.#told) {
        const message = describeError(error);
        telemetry({ type: "retention_unknown", source, message, hint: HINT });
      }
      this.#told = true;
    }
    return this.#sec;
  }
}
