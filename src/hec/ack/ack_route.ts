import { Backoff } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { Telemetry, TroubleCause } from "../../base/telemetry.ts";
import { type HecAnswer, hecCause } from "../hec_answer.ts";
import type { Probe } from "../hold_gate.ts";
import type { Route } from "../route.ts";

/** Rounds of polls without an answer, in a row: before these it may be a restart, or one indexer of several. */
const FAILURES_BEFORE_SLOW = 5;
/** Then polls come after a few seconds, later about every half minute. */
const SLOW_FIRST_MS = 5000;
const SLOW = { baseMs: 5000, capMs: 25_000 };

const FAILING_HINT =
  "Nothing counts as delivered meanwhile, and nothing is sent again. Check that " +
  "/services/collector/ack is reached through the balancer, and Splunk's queues";
const REFUSED_HINT =
  "The source is held and keeps its logs; acknowledgements are asked for slowly. " +
  "Let /services/collector/ack through, check the token and that it has indexer acknowledgement on every " +
  "indexer; or set hec.ack: off";

export interface AckRouteOptions {
  /** Name of the endpoint, for messages. */
  readonly name: string;
  /** Between polls that are answered. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Whether other endpoints can take the events of this one. */
  readonly elsewhere: () => boolean;
}

/**
 * Whether one endpoint answers polls for acknowledgements. Polls that fail are tried again; when they are
 * refused for a reason that somebody must mend, the sources that wait for them are held until one is answered.
 */
export class AckRoute {
  readonly #options: AckRouteOptions;
  readonly #about: string;
  /** Waits for each source. */
  readonly #waits = new Map<Route, number>();
  /** The sources that are told to wait; without a probe where a batch holds them already. */
  readonly #held = new Map<Route, Probe | undefined>();
  readonly #slow: Backoff;
  /** Rounds of polls in a row of which none was answered. */
  #failures = 0;
  #nextPollMs = -Infinity;

  constructor(options: AckRouteOptions) {
    this.#options = options;
    this.#about = `${options.name}: poll acknowledgements`;
    this.#slow = new Backoff(SLOW, options);
  }

  /** Whether one poll is enough to find out whether it answers again. */
  get isInTrouble(): boolean {
    return this.#failures > 1;
  }

  /** Whether so many polls failed that events had better go to another endpoint. */
  get fails(): boolean {
    return this.#failures >= FAILURES_BEFORE_SLOW;
  }

  /** Milliseconds until the next poll may be sent. */
  get waitMs(): number {
    return Math.max(0, this.#nextPollMs - this.#options.clock.monotonicMs());
  }

  /** Events of a source wait here, until the returned function is called. */
  enter(route: Route): () => void {
    this.#waits.set(route, (this.#waits.get(route) ?? 0) + 1);
    return () => {
      const left = this.#waits.get(route)! - 1;
      this.#waits.set(route, left);
      if (left > 0) return;
      this.#waits.delete(route);
      this.#held.get(route)?.release();
      this.#held.delete(route);
    };
  }

  /** A poll was answered: whether ids are indexed or not, it works. */
  answered(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#slow.succeeded();
    this.#nextPollMs = -Infinity;
    this.#options.telemetry({ type: "recovered", about: this.#about });
    for (const route of this.#release()) route.worked();
  }

  /**
   * A poll was not answered. Others of the same round that are not either count with it.
   * @param refused Whether somebody must mend that.
   * @param answer None when there was none.
   */
  failed(problem: string, refused: boolean, answer?: HecAnswer): void {
    if (this.waitMs > 0) return;
    this.#failures++;
    const { name, intervalMs, clock, telemetry, elsewhere } = this.#options;
    const retryInMs = this.fails ? this.#slow.failed(SLOW_FIRST_MS) : intervalMs;
    this.#nextPollMs = clock.monotonicMs() + retryInMs;
    const message = `Cannot poll acknowledgements at ${name}: ${problem}`;
    const cause = hecCause(name, answer);
    if (refused && this.fails && !elsewhere()) {
      for (const route of this.#waits.keys()) this.#hold(route, message, retryInMs, cause);
    } else {
      this.#release();
      const about = this.#about;
      telemetry({ type: "trouble", about, message, hint: FAILING_HINT, retryInMs, cause });
    }
  }

  #hold(route: Route, message: string, retryInMs: number, cause: TroubleCause): void {
    if (!this.#held.get(route)) this.#held.set(route, route.gate.hold());
    route.trouble(message, REFUSED_HINT, retryInMs, true, cause);
  }

  /** @returns the sources that were held. */
  #release(): Route[] {
    const held = [...this.#held];
    this.#held.clear();
    for (const [, probe] of held) probe?.release();
    return held.map(([route]) => route);
  }
}
