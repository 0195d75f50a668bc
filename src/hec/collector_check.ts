import { SHARED_OPTIONS } from "./transport/hec_transport.ts";
import { Backoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { Incident } from "../base/incident.ts";
import { describeError } from "../base/errors.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer, type HecAnswer, hecCause } from "./hec_answer.ts";
import { type EndpointsOptions, makeEndpoints } from "./hec_client.ts";

const RETRY = { baseMs: 2000, capMs: 14_000 };
/** A later answer is reported as none: the operator is waiting at the start. */
const TIMEOUT_MS = 10_000;

/** What the answer to an empty request shows. */
export type Verdict =
  /** The token is accepted: only the events are missing. */
  | "good"
  /** Something answers; the first events will show whether it accepts the token. */
  | "open"
  | { readonly found: string; readonly hint: string };

/** Codes about the events, which are checked after the token. 5 no data, 6 bad data, 7 index, 12 to 15 event. */
const ABOUT_EVENTS = new Set([0, 5, 6, 7, 12, 13, 15, 24, 25]);
/** 10 missing, 11 invalid, 28 missing on Cloud, though the header was sent. */
const ABOUT_CHANNEL = new Set([10, 11, 28]);
/** 1 disabled, 2 required, 3 malformed, 4 invalid; 21 and 22 are the health page's 4 and 1. */
const ABOUT_TOKEN = new Set([1, 2, 3, 4, 21, 22]);
/** Without HEC's code, a gateway may mean "empty" by these. */
const MAY_MEAN_EMPTY = new Set([400, 411, 415, 422]);

/**
 * Sorts the answer to a POST without a body at the event route: 400 code 5 from Splunk itself.
 * @param optionPath Where the options are written, for hints.
 */
export function verdictOn({ status, code }: HecAnswer, optionPath = SHARED_OPTIONS): Verdict {
  if (code !== undefined && ABOUT_EVENTS.has(code)) return "good";
  if (code !== undefined && ABOUT_CHANNEL.has(code)) {
    return {
      found: "does not see the channel of requests",
      hint: "Let the header X-Splunk-Request-Channel through the gateways in front of Splunk",
    };
  }
  if (code !== undefined && ABOUT_TOKEN.has(code) || status === 401 || status === 403) {
    return {
      found: "does not accept the token",
      hint:
        `Check ${optionPath}.token, and in Splunk that the token exists and is enabled on every indexer. ` +
        "Logs stay in SLS until then",
    };
  }
  if (status === 408 || status === 429 || status >= 500) {
    return {
      found: "is not ready",
      hint:
        "It is asked again. If this lasts, check Splunk's queues and the load balancer's targets",
    };
  }
  if (code === undefined && MAY_MEAN_EMPTY.has(status)) return "open";
  return {
    found: "does not answer like HEC",
    hint:
      `Check ${optionPath}.url: it must lead to HEC itself, usually port 8088, and not to Splunk Web or a proxy's page`,
  };
}

/** What is wrong with a collector. */
interface Fault {
  readonly message: string;
  readonly hint: string;
  readonly answer?: HecAnswer;
  /** Why there was no answer. */
  readonly error?: unknown;
}

/**
 * Checks each collector at the start: whether it answers and accepts the token, before the first event shows it. It asks
 * for the health page and posts without events, which writes nothing. Faults are reported and checked again until they are
 * fixed.
 */
export class CollectorCheck {
  readonly #env: Env;
  readonly #options: EndpointsOptions;

  constructor(env: Env, options: EndpointsOptions) {
    this.#env = env;
    this.#options = options;
  }

  /** Ends when all collectors are good, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const timeoutMs = Math.min(this.#options.timeoutMs, TIMEOUT_MS);
    const endpoints = makeEndpoints(this.#env, this.#options, timeoutMs);
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
    const { clock, telemetry } = this.#env;
    const { name, optionPath } = endpoint;
    const isShared = optionPath === SHARED_OPTIONS;
    const backoff = new Backoff(RETRY, this.#env);
    // Two tokens of one collector are two things that fail.
    const which = isShared ? name : `${name} with ${optionPath}.token`;
    const incident = new Incident(this.#env, `${which}: check at the start`);
    for (;;) {
      const found = await this.#ask(endpoint, signal);
      if (found === "good" || found === "open") {
        incident.recovered();
        telemetry({
          type: "hec_checked",
          url: name,
          takesToken: found === "good",
          ...(!isShared && { options: optionPath }),
        });
        return;
      }
      const { message, hint, answer, error } = found;
      const retryInMs = backoff.failed(RETRY.baseMs / 2);
      incident.failed(error ?? message, {
        hint,
        // A proxy that refuses is not asked before its own backoff is over.
        retryInMs: Math.max(retryInMs, endpoint.way.waitMs),
        cause: hecCause(name, answer),
        instead: { message },
      });
      endpoint.retireConnection(); // a load balancer may lead to another indexer
      await clock.sleep(retryInMs, signal);
    }
  }

  async #ask(endpoint: Endpoint, signal: AbortSignal): Promise<"good" | "open" | Fault> {
    const { optionPath } = endpoint;
    let health = "";
    let answer: HecAnswer;
    try {
      health = await this.#health(endpoint, signal);
      ({ answer } = await endpoint.way.beside(signal, () => {
        return endpoint.postEvents(new Uint8Array(), { gzipped: false, acks: false }, signal);
      }));
    } catch (error) {
      signal.throwIfAborted();
      return {
        message: `Cannot reach the collector: ${describeError(error)}${health}`,
        hint: `Check ${optionPath}.url, ${optionPath}.proxy and the firewalls in between. Logs ` +
          "stay in SLS until then",
        error,
      };
    }
    const verdict = verdictOn(answer, optionPath);
    if (typeof verdict === "string") return verdict;
    const { found, hint } = verdict;
    return { message: `The collector ${found}: ${describeAnswer(answer)}${health}`, hint, answer };
  }

  /**
   * Describes what the health page says, for a message about something else: it proves nothing by itself.
   * @throws what the proxy in between did: it would do the same to the next request, and counts each.
   */
  async #health(endpoint: Endpoint, signal: AbortSignal): Promise<string> {
    try {
      const answer = await endpoint.health(signal);
      return answer.code === undefined ? "" : `; its health page: ${describeAnswer(answer)}`;
    } catch (error) {
      signal.throwIfAborted();
      if (proxyFailureIn(error)) throw error;
      return ""; // the page may be closed off while events are accepted
    }
  }
}
