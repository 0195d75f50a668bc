import type { Telemetry, TroubleCause } from "../base/telemetry.ts";
import { HoldGate } from "./hold_gate.ts";
import { type GuardLimits, RejectRateGuard } from "./reject_rate_guard.ts";

const LIMIT_TOLD_EVERY_MS = 3_600_000;

export interface RouteOptions {
  /** Name of the source, for messages. */
  readonly source: string;
  /** Index for events whose own index the token does not allow. */
  readonly fallbackIndex: string | undefined;
  readonly guard: GuardLimits;
  readonly telemetry: Telemetry;
  /** Told when a request holds the source, and when it lets the others go on. */
  readonly onHold?: (held: boolean) => void;
}

/** What the requests of one source share: whether they are held, how many were refused, what to report. */
export class Route {
  readonly source: string;
  readonly fallbackIndex: string | undefined;
  readonly gate: HoldGate;
  readonly guard: RejectRateGuard;
  readonly #telemetry: Telemetry;
  #inTrouble = false;

  constructor({ source, fallbackIndex, guard, telemetry, onHold }: RouteOptions) {
    this.gate = new HoldGate(onHold);
    this.source = source;
    this.fallbackIndex = fallbackIndex;
    this.guard = new RejectRateGuard(guard);
    this.#telemetry = telemetry;
  }

  /** @param cause Where the same may hit other sources. */
  trouble(
    message: string,
    hint: string,
    retryInMs: number,
    held = false,
    cause?: TroubleCause,
  ): void {
    this.#inTrouble = true;
    const { source } = this;
    this.#telemetry({
      type: "trouble",
      about: this.#about,
      message,
      hint,
      retryInMs,
      source,
      ...(held && { held }),
      ...(cause && { cause }),
    });
  }

  /** Events of the source go to the fallback index. */
  diverted(index: string): void {
    this.#telemetry({
      type: "trouble",
      about: `${this.source}: index ${index}`,
      message:
        `Index "${index}" of ${this.source} is not allowed for the token: its events go to ` +
        `the fallback index "${this.fallbackIndex}"`,
      hint: "Allow the index for the token in Splunk",
      retryInMs: 0,
      source: this.source,
    });
  }

  /** An endpoint does not take requests of more than so many bytes. */
  limited(endpoint: string, maxBytes: number): void {
    this.#telemetry({
      type: "trouble",
      about: `${endpoint}: size of requests`,
      message: `${endpoint} does not take large requests: bodies for it stay below ${maxBytes} ` +
        "bytes now, as they go on the wire",
      hint:
        "Nothing is lost. Set hec.batch.max_bytes, which counts before gzip, to less, or raise the " +
        "limit of the gateway or of Splunk (max_content_length)",
      retryInMs: 0,
      repeatAfterMs: LIMIT_TOLD_EVERY_MS,
    });
  }

  /** HEC decided about a request of the source. */
  worked(): void {
    if (!this.#inTrouble) return;
    this.#inTrouble = false;
    this.#telemetry({ type: "recovered", about: this.#about });
  }

  get #about(): string {
    return `${this.source}: deliver to HEC`;
  }
}
