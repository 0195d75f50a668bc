import { Backoff } from "../../base/backoff.ts";
import type { Env } from "../../base/env.ts";
import { Incident } from "../../base/incident.ts";
import type { TroubleCause } from "../../base/telemetry.ts";
import { type HecAnswer, hecCause } from "../hec_answer.ts";
import type { Probe } from "../source_breaker.ts";
import type { SourceDelivery } from "../source_delivery.ts";
import { POLL_INTERVAL_MS } from "./poll_schedule.ts";

/** Consecutive rounds of polls without an answer: fewer may be a restart, or one indexer of several. */
const FAILURES_BEFORE_SLOW = 5;
/** From then on polls wait a few seconds, later about half a minute. */
const SLOW = { baseMs: 5000, capMs: 25_000 };
const MIN_SLOW_MS = 5000;

const FAILING_HINT =
  "Until then nothing counts as delivered, and nothing is resent. Check that /services/collector/ack is " +
  "reachable through the load balancer, and Splunk's queues";
const REFUSED_HINT =
  "The source is held and keeps its logs; acknowledgements are polled slowly. Let /services/collector/ack " +
  "through, and check the token and that it has indexer acknowledgement on every indexer; or set";

/**
 * Whether one endpoint answers polls for acknowledgements. Polls that fail are retried; when they are refused for a
 * reason that needs the operator, the sources that wait for them are held until a poll is answered.
 */
export class PollHealth {
  readonly #name: string;
  readonly #elsewhere: () => boolean;
  readonly #env: Env;
  readonly #incident: Incident;
  readonly #slow: Backoff;
  /** Number of waits of each source. */
  readonly #waits = new Map<SourceDelivery, number>();
  /** Sources that are held; without a probe where a batch holds them already. */
  readonly #held = new Map<SourceDelivery, Probe | undefined>();
  /** Consecutive rounds of polls without any answer. */
  #failures = 0;
  #nextPollMs = -Infinity;

  /**
   * @param name Name of the endpoint, for messages.
   * @param elsewhere Whether other endpoints can take the events of this one.
   */
  constructor(env: Env, name: string, elsewhere: () => boolean) {
    this.#env = env;
    this.#name = name;
    this.#elsewhere = elsewhere;
    this.#incident = new Incident(env, `${name}: poll acknowledgements`);
    this.#slow = new Backoff(SLOW, env);
  }

  /** Whether a single poll is enough to find out whether polls are answered again. */
  get isInTrouble(): boolean {
    return this.#failures > 1;
  }

  /** Whether enough polls failed that events should go to another endpoint. */
  get fails(): boolean {
    return this.#failures >= FAILURES_BEFORE_SLOW;
  }

  /** Milliseconds until the next poll may be sent. */
  get waitMs(): number {
    return Math.max(0, this.#nextPollMs - this.#env.clock.monotonicMs());
  }

  /** Events of a source wait for polls until the result is disposed. */
  enter(source: SourceDelivery): Disposable {
    this.#waits.set(source, (this.#waits.get(source) ?? 0) + 1);
    return { [Symbol.dispose]: () => this.#leave(source) };
  }

  /** A poll was answered, whatever it says about its ids. */
  answered(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#slow.succeeded();
    this.#nextPollMs = -Infinity;
    this.#incident.recovered();
    for (const source of this.#release()) source.succeeded();
  }

  /**
   * A poll was not answered. Other failures of the same round count together with it.
   * @param isRefused Whether that needs the operator.
   * @param answer Undefined when there was none.
   */
  failed(problem: string, isRefused: boolean, answer?: HecAnswer): void {
    if (this.waitMs > 0) return;
    this.#failures++;
    const retryInMs = this.fails ? this.#slow.failed(MIN_SLOW_MS) : POLL_INTERVAL_MS;
    this.#nextPollMs = this.#env.clock.monotonicMs() + retryInMs;
    const message = `Cannot poll acknowledgements at ${this.#name}: ${problem}`;
    const cause = hecCause(this.#name, answer);
    if (isRefused && this.fails && !this.#elsewhere()) {
      for (const source of this.#waits.keys()) this.#hold(source, message, retryInMs, cause);
    } else {
      this.#release();
      this.#incident.failed(message, { hint: FAILING_HINT, retryInMs, cause });
    }
  }

  #leave(source: SourceDelivery): void {
    const left = this.#waits.get(source)! - 1;
    this.#waits.set(source, left);
    if (left > 0) return;
    this.#waits.delete(source);
    source.breaker.release(this.#held.get(source));
    this.#held.delete(source);
  }

  #hold(source: SourceDelivery, message: string, retryInMs: number, cause: TroubleCause): void {
    if (!this.#held.get(source)) this.#held.set(source, source.breaker.hold());
    const hint = `${REFUSED_HINT} ${source.option("ack")}: off`;
    source.failed(message, { hint, retryInMs, held: true, cause });
  }

  /**
   * @returns the sources that were held.
   */
  #release(): SourceDelivery[] {
    const held = [...this.#held];
    this.#held.clear();
    for (const [source, probe] of held) source.breaker.release(probe);
    return held.map(([source]) => source);
  }
}
