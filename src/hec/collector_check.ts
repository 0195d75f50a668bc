import { Backoff } from "../base/backoff.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import { troubleOf } from "../base/trouble_of.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer, type HecAnswer, hecCause } from "./hec_answer.ts";
import { type HecClientOptions, makeEndpoints } from "./hec_client.ts";

type Trouble = Extract<TelemetryEvent, { type: "trouble" }>;

const RETRY = { baseMs: 2000, capMs: 14_000 };
/** What answers later is told as not answering: the operator still sits before the screen. */
const TIMEOUT_MS = 10_000;

/** What the answer to an empty request says. */
export type Verdict =
  /** The token is taken: nothing but the missing events is wrong. */
  | "good"
  /** Something answers, and whether it takes the token shows with the first events. */
  | "open"
  | { readonly found: string; readonly hint: string };

/** Codes about the events: they come after the token is found good. 5 no data, 6 bad data, 7 index, 12 to 15 event. */
const ABOUT_EVENTS = new Set([0, 5, 6, 7, 12, 13, 15, 24, 25]);
/** 10 missing, 11 invalid, 28 missing on Cloud. The header was sent. */
const ABOUT_CHANNEL = new Set([10, 11, 28]);
/** 1 disabled, 2 required, 3 malformed, 4 invalid; 21 and 22 are 4 and 1 in other places. */
const ABOUT_TOKEN = new Set([1, 2, 3, 4, 21, 22]);
/** Without HEC's code these may be a gateway's words for "empty". */
const MAY_MEAN_EMPTY = new Set([400, 411, 415, 422]);

/** Sorts the answer to a POST without a body at the event route: 400 code 5 from Splunk itself. */
export function verdictOn({ status, code }: HecAnswer): Verdict {
  if (code !== undefined && ABOUT_EVENTS.has(code)) return "good";
  if (code !== undefined && ABOUT_CHANNEL.has(code)) {
    return {
      found: "does not see the channel of requests",
      hint: "Let the header X-Splunk-Request-Channel through the gateways before Splunk",
    };
  }
  if (code !== undefined && ABOUT_TOKEN.has(code) || status === 401 || status === 403) {
    return {
      found: "does not take the token",
      hint:
        "Check hec.token, and in Splunk that the token is there, enabled and on every indexer. " +
        "Logs stay in SLS meanwhile",
    };
  }
  if (status === 408 || status === 429 || status >= 500) {
    return {
      found: "is not ready",
      hint: "It is asked again. If this lasts, look at Splunk's queues and the balancer's targets",
    };
  }
  if (code === undefined && MAY_MEAN_EMPTY.has(status)) return "open";
  return {
    found: "does not answer as HEC does",
    hint:
      "Check hec.url: it must lead to HEC itself, usually port 8088, and not to Splunk Web or a proxy's page",
  };
}

/**
 * Asks each collector at the start whether it is there and takes the token, before the first event shows it: the health
 * page, and a POST without events, which writes nothing. What is wrong is reported and asked again until it is mended.
 */
export class CollectorCheck {
  readonly #options: HecClientOptions;

  constructor(options: HecClientOptions) {
    this.#options = { ...options, timeoutMs: Math.min(options.timeoutMs, TIMEOUT_MS) };
  }

  /** Ends when all are good, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const endpoints = makeEndpoints(this.#options);
    try {
      await using tasks = new TaskGroup(signal);
      for (const endpoint of endpoints) {
        tasks.spawn(`check ${endpoint.name}`, (signal) => this.#check(endpoint, signal));
      }
      await tasks.join();
    } finally {
      for (const endpoint of endpoints) endpoint.close();
    }
  }

  async #check(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#options;
    const backoff = new Backoff(RETRY, this.#options);
    const { name } = endpoint;
    const about = `${name}: check at the start`;
    for (;;) {
      const found = await this.#ask(endpoint, about, signal);
      if (found === "good" || found === "open") {
        if (backoff.failures > 0) telemetry({ type: "recovered", about });
        telemetry({ type: "hec_checked", url: name, takesToken: found === "good" });
        return;
      }
      const retryInMs = backoff.failed(RETRY.baseMs / 2);
      // A proxy that refuses is not asked before its own time.
      telemetry({ ...found, retryInMs: Math.max(retryInMs, endpoint.way.waitMs) });
      endpoint.retireConnection(); // a balancer may lead to another indexer
      await clock.sleep(retryInMs, signal);
    }
  }

  /** @returns the report of what is wrong, if something is. */
  async #ask(
    endpoint: Endpoint,
    about: string,
    signal: AbortSignal,
  ): Promise<Extract<Verdict, string> | Trouble> {
    const { name } = endpoint;
    let health = "";
    let answer: HecAnswer;
    try {
      health = await this.#health(endpoint, signal);
      ({ answer } = await endpoint.way.beside(signal, () => {
        return endpoint.postEvents(new Uint8Array(), false, false, signal);
      }));
    } catch (error) {
      signal.throwIfAborted();
      const usual =
        "Check hec.url, hec.proxy and the firewalls between. Logs stay in SLS meanwhile";
      const trouble = troubleOf(about, error, usual, 0, { cause: hecCause(name) });
      return { ...trouble, message: `Cannot reach the collector: ${trouble.message}${health}` };
    }
    const verdict = verdictOn(answer);
    if (typeof verdict === "string") return verdict;
    return {
      type: "trouble",
      about,
      message: `The collector ${verdict.found}: ${describeAnswer(answer)}${health}`,
      hint: verdict.hint,
      retryInMs: 0,
      cause: hecCause(name, answer),
    };
  }

  /**
   * What the health page says, for a message about something else: it proves nothing by itself.
   * @throws what the proxy on the way did: it would do the same to the next request, and counts each.
   */
  async #health(endpoint: Endpoint, signal: AbortSignal): Promise<string> {
    try {
      const answer = await endpoint.health(signal);
      return answer.code === undefined ? "" : `; asked for its health, ${describeAnswer(answer)}`;
    } catch (error) {
      signal.throwIfAborted();
      if (proxyFailureIn(error)) throw error;
      return ""; // a page that is closed off is no fault where events are taken
    }
  }
}
