import type { Env } from "./env.ts";
import { describeError, hintOf, OperatorError } from "./errors.ts";
import type { TroubleCause } from "./telemetry.ts";

/** Whom a failure hits; empty where it is neither a source nor a shard. */
export interface Affected {
  readonly source?: string | undefined;
  readonly shard?: number | undefined;
}

/** What a report says about a failure besides the error itself. */
export interface FailureReport {
  /** The next thing to do, for an error that does not say it. */
  readonly hint: string;
  /** Until the next try, in milliseconds; 0 when there is none or it begins at once. */
  readonly retryInMs: number;
  /** Set when nothing gets better without the operator; what the error says when left out. */
  readonly held?: boolean;
  /** Why, where many may fail for the same reason; what the error says when left out. */
  readonly cause?: TroubleCause | undefined;
  /** How often it is logged while it lasts, in milliseconds; every minute when left out. */
  readonly repeatAfterMs?: number;
  /** Said in place of the error's own message and hint. */
  readonly instead?: { readonly message?: string; readonly hint?: string };
}

/** What an error that is not an `OperatorError` says about itself. */
/** The hint for a failure that calls for nothing else. */
export const RETRIED = "It is retried";

const UNKNOWN = { troubleCause: undefined, isHeld: false };

/**
 * One thing that can fail and recover, such as delivering a source's events. Every failure is reported; the recovery is
 * reported once, and only after a failure.
 */
export class Incident {
  readonly #telemetry: Env["telemetry"];
  readonly #about: string;
  readonly #affected: Affected;
  #isOpen = false;

  /**
   * @param about Names what is tried, such as `p/l shard 3: list the shards`.
   */
  constructor({ telemetry }: Pick<Env, "telemetry">, about: string, affected: Affected = {}) {
    this.#telemetry = telemetry;
    this.#about = about;
    this.#affected = affected;
  }

  /** Whether it has failed since it last worked. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Reports a failure.
   * @param failure What was thrown, or a message.
   */
  failed(failure: unknown, { hint, retryInMs, instead = {}, ...report }: FailureReport): void {
    this.#isOpen = true;
    const { troubleCause: cause, isHeld } = failure instanceof OperatorError ? failure : UNKNOWN;
    const { source, shard } = this.#affected;
    this.#telemetry({
      type: "trouble",
      about: this.#about,
      message: instead.message ?? (typeof failure === "string" ? failure : describeError(failure)),
      hint: instead.hint ?? hintOf(failure, hint),
      retryInMs: Math.round(retryInMs), // a difference of clock readings has fractions
      ...(cause && { cause }),
      ...(isHeld && { held: true }),
      ...report,
      ...(source !== undefined && { source }),
      ...(shard !== undefined && { shard }),
    });
  }

  /** Reports that it works again, if it had failed. */
  recovered(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#telemetry({ type: "recovered", about: this.#about });
  }
}
