import { SHARED_OPTIONS } from "./transport/hec_transport.ts";
import type { Clock } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { type FailureReport, Incident } from "../base/incident.ts";
import type { Secret } from "../base/secret.ts";
import type { Telemetry, TroubleCause } from "../base/telemetry.ts";
import type { IndexDiversion } from "./envelope_index.ts";
import { RefusedIndexes } from "./refused_indexes.ts";
import { type GuardLimits, RejectRateGuard } from "./reject_rate_guard.ts";
import { type Probe, SourceBreaker } from "./source_breaker.ts";

const LIMIT_REPORT_EVERY_MS = 3_600_000;

/** A source whose events are delivered. */
export interface DeliveredSource {
  /** Id of the source, also for messages: `project/logstore`. */
  readonly source: string;
  /** Index for events whose own index is not allowed for the token; undefined: such events wait. */
  readonly fallbackIndex: string | undefined;
  /**
   * Whether its events may name different indexes; false when left out. Then a refused one is remembered, and events
   * that name others are sent as they are.
   */
  readonly namesSeveralIndexes?: boolean | undefined;
  readonly guard: GuardLimits;
  /** Where its options are written, for messages; `hec` when left out. */
  readonly optionPath?: string | undefined;
  /** Called when a request here holds the source, and when it releases it. */
  readonly onHold?: (isHeld: boolean) => void;
}

/** What all deliveries of one source share: its breaker, its rejected events, its open incident. */
export class SourceDelivery {
  readonly source: string;
  readonly fallbackIndex: string | undefined;
  /** Of a source with a fallback index whose events may name different indexes. */
  readonly refusedIndexes: RefusedIndexes | undefined;
  readonly breaker: SourceBreaker;
  readonly guard: RejectRateGuard;
  readonly #optionPath: string;
  readonly #incident: Incident;
  readonly #telemetry: Telemetry;

  constructor(env: Env, given: DeliveredSource) {
    const { source, fallbackIndex, namesSeveralIndexes = false, guard, onHold } = given;
    const { optionPath = SHARED_OPTIONS } = given;
    this.source = source;
    this.#optionPath = optionPath;
    this.fallbackIndex = fallbackIndex;
    this.refusedIndexes = namesSeveralIndexes && fallbackIndex !== undefined
      ? new RefusedIndexes(env.clock, fallbackIndex)
      : undefined;
    this.breaker = new SourceBreaker(env, onHold);
    this.guard = new RejectRateGuard(guard);
    this.#incident = new Incident(env, `${source}: deliver to HEC`, { source });
    this.#telemetry = env.telemetry;
  }

  /** Where an option of `hec` is written, for messages: `hec.ack`. */
  option(key: string): string {
    return `${this.#optionPath}.${key}`;
  }

  /** Reports that events of the source could not be delivered. */
  failed(message: string, report: FailureReport): void {
    this.#incident.failed(message, report);
  }

  /** Events of the source are delivered, or decided about. */
  succeeded(): void {
    this.breaker.succeeded();
    this.#incident.recovered();
  }

  /**
   * Takes a refused index.
   * @param token Which does not allow it.
   * @returns what is done with the events that follow: all go to the fallback index, or those that name such indexes.
   */
  divert(index: string, fallbackIndex: string, token: Secret): IndexDiversion {
    if (this.refusedIndexes) return this.refusedIndexes.add(index, token);
    this.#reportDiverted(index);
    return { to: fallbackIndex, from: undefined };
  }

  /** Counts events that were sent to the fallback index, of a source whose events may name different indexes. */
  countDiverted(events: number): void {
    const { source, fallbackIndex, refusedIndexes } = this;
    if (!refusedIndexes || fallbackIndex === undefined || events === 0) return;
    this.#telemetry({ type: "index_fallback", source, cause: "refused", events, fallbackIndex });
  }

  /** Reports that events go to the fallback index. */
  #reportDiverted(index: string): void {
    this.#telemetry({
      type: "trouble",
      about: `${this.source}: index ${index}`,
      message:
        `The token does not allow index "${index}" of ${this.source}: its events go to the ` +
        `fallback index "${this.fallbackIndex}"`,
      hint: "Allow the index for the token in Splunk",
      retryInMs: 0,
      source: this.source,
    });
  }

  /** Reports that an endpoint does not accept larger requests. */
  limited(endpoint: string, maxBytes: number): void {
    this.#telemetry({
      type: "trouble",
      about: `${endpoint}: size of requests`,
      message: `${endpoint} does not accept large requests: bodies sent to it now stay below ` +
        `${maxBytes} bytes on the wire`,
      hint: `Nothing is lost. Lower ${this.option("batch.max_bytes")}, which counts before gzip, ` +
        "or raise the limit of the gateway or of Splunk (max_content_length)",
      retryInMs: 0,
      repeatAfterMs: LIMIT_REPORT_EVERY_MS,
    });
  }
}

/** One batch at the breaker of its source: it probes, or waits for the batch that does. */
export class SourceTurn implements Disposable {
  readonly #source: SourceDelivery;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  #probe: Probe | undefined;

  /**
   * @param signal Ends every wait, with its reason.
   */
  constructor(source: SourceDelivery, signal: AbortSignal, clock: Clock) {
    this.#source = source;
    this.#signal = signal;
    this.#clock = clock;
  }

  /** Whether requests of this batch may go out. */
  get mayGo(): boolean {
    return this.#source.breaker.lets(this.#probe);
  }

  /** Whether this batch probes for a held source. */
  get probesHold(): boolean {
    return this.#probe !== undefined && this.#probe.isHold && this.mayGo;
  }

  /** Waits until requests of this batch may go out. */
  async wait(): Promise<void> {
    await this.#source.breaker.wait(this.#probe, this.#signal);
  }

  /**
   * Reports a refusal that may pass by itself. Waits until the next try, if this batch is the one that tries; otherwise
   * `wait` does.
   * @param message What was attempted and found.
   * @param minMs Minimum wait, in milliseconds; undefined to try at once, at another endpoint.
   */
  async retry(
    message: string,
    { hint, cause }: Pick<FailureReport, "hint" | "cause">,
    minMs: number | undefined,
  ): Promise<void> {
    const { breaker } = this.#source;
    this.#probe = breaker.refused(this.#probe, minMs ?? 0);
    const retryInMs = this.#probe && minMs === undefined ? 0 : breaker.waitMs;
    this.#source.failed(message, { hint, cause, retryInMs });
    if (this.#probe) await this.#clock.sleep(retryInMs, this.#signal);
  }

  /**
   * Holds the source until the next slow try.
   * @param message What was attempted and found.
   * @param cause Set where the same may hit other sources.
   * @returns true when this batch is to try now; false when another batch probes: `wait` waits for it.
   */
  async hold(message: string, hint?: string, cause?: TroubleCause): Promise<boolean> {
    const { breaker } = this.#source;
    this.#probe = breaker.hold(this.#probe);
    if (!this.#probe) return false;
    const retryInMs = breaker.waitMs;
    const usualHint = "The source is held and keeps its logs; it is retried slowly. Check " +
      `${this.#source.option("url")}, ${
        this.#source.option("token")
      } and the token's settings in Splunk`;
    this.#source.failed(message, {
      hint: hint ?? usualHint,
      retryInMs,
      held: true,
      ...(cause && { cause }),
    });
    await this.#clock.sleep(retryInMs, this.#signal);
    return true;
  }

  /** Events of this batch are delivered, or decided about: the source's other batches go out again. */
  succeeded(): void {
    this[Symbol.dispose]();
    this.#source.succeeded();
  }

  /** Ends this batch's probe, if it has one. */
  [Symbol.dispose](): void {
    this.#source.breaker.release(this.#probe);
    this.#probe = undefined;
  }
}
