import { Backoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { Incident } from "../base/incident.ts";
import { untilAborted } from "../base/on_abort.ts";
import { describeError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Endpoint } from "./endpoint.ts";
import { hecCause } from "./hec_answer.ts";

/** Consecutive failures after which an endpoint is ejected, if there are others. */
const FAILURES_BEFORE_EJECTION = 3;
const PROBE = { baseMs: 2000, capMs: 30_000 };
const MIN_PROBE_MS = 500;
/** An endpoint that answers nothing for this long, while others do, is asked for its health. */
const SILENT_MS = 10_000;

/** A request that is under way. */
interface InFlight {
  readonly sinceMs: number;
  /** Aborts it when its endpoint turns out to be dead; undefined where there is no other endpoint. */
  readonly abandon: AbortController | undefined;
}

/** An endpoint of a pool, and the results of its requests. */
export interface Member {
  readonly endpoint: Endpoint;
  readonly inFlight: Set<InFlight>;
  lastAnswerMs: number;
  /** Number of its latest slot: endpoints with the same load take turns. */
  lastSlot: number;
  /** Sources whose bodies have tried it since it got into trouble; once all have, they start over. */
  readonly tried: Set<string>;
  /** Requests with events that it has decided about. */
  decided: number;
  /** Consecutive failures. */
  failures: number;
  /** Gets no requests until a health probe succeeds. */
  ejected: boolean;
}

/** Ejects endpoints that fail while others work, and admits them again when their health page answers. */
export class EndpointHealth {
  readonly #members: readonly Member[];
  readonly #onReturn: () => void;
  readonly #env: Env;
  readonly #incidents = new Map<string, Incident>();
  #probes: TaskGroup | undefined;

  /**
   * @param onReturn Called when an ejected endpoint is back.
   */
  constructor(env: Env, members: readonly Member[], onReturn: () => void) {
    this.#members = members;
    this.#onReturn = onReturn;
    this.#env = env;
  }

  /** Probes ejected and silent endpoints until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await using probes = new TaskGroup(signal);
    this.#probes = probes;
    if (this.#members.length > 1) probes.spawn("silent endpoints", (signal) => this.#watch(signal));
    await untilAborted(signal);
    this.#probes = undefined;
  }

  succeeded(member: Member): void {
    member.failures = 0;
    member.decided++;
    member.lastAnswerMs = this.#env.clock.monotonicMs();
  }

  /**
   * @param ejects Whether this one failure is enough.
   */
  failed(member: Member, ejects: boolean): void {
    member.failures++;
    if (ejects || member.failures >= FAILURES_BEFORE_EJECTION) this.#eject(member);
  }

  /** Whether another endpoint has answered since then. */
  othersAnswer(member: Member, sinceMs: number): boolean {
    return this.#members.some((other) =>
      other !== member && !other.ejected && other.lastAnswerMs > sinceMs
    );
  }

  #eject(member: Member): void {
    // A single endpoint is never ejected: no other could take its requests.
    if (member.ejected || this.#members.length === 1 || !this.#probes) return;
    member.ejected = true;
    this.#probes.spawn(`probe ${member.endpoint.name}`, (signal) => this.#probe(member, signal));
  }

  /**
   * Finds endpoints that accept requests and stay silent, as half-open connections do, while others answer: their
   * batches then go elsewhere without waiting for the whole timeout.
   */
  async #watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#env.clock.sleep(SILENT_MS / 2, signal);
      for (const member of this.#members) {
        if (this.#silentRequests(member).length === 0) continue;
        if (await this.#isWell(member.endpoint, signal)) continue;
        const { name } = member.endpoint;
        const dead = new Error(`${name} answers neither this request nor its health page`);
        this.#eject(member);
        for (const { abandon } of this.#silentRequests(member)) abandon?.abort(dead);
      }
    }
  }

  /** Requests without an answer for a long time, if other endpoints do answer. */
  #silentRequests(member: Member): InFlight[] {
    const sinceMs = this.#env.clock.monotonicMs() - SILENT_MS;
    return this.othersAnswer(member, sinceMs)
      ? [...member.inFlight].filter((one) => one.sinceMs <= sinceMs)
      : [];
  }

  async #probe(member: Member, signal: AbortSignal): Promise<void> {
    const { endpoint } = member;
    const incident = this.#incident(`${endpoint.name}: endpoint`);
    const backoff = new Backoff(PROBE, this.#env);
    do {
      const retryInMs = backoff.failed(MIN_PROBE_MS);
      incident.failed(`HEC endpoint ${endpoint.name} fails; the others take its requests`, {
        hint: "Its health page is asked until it answers",
        retryInMs,
      });
      await this.#env.clock.sleep(retryInMs, signal);
    } while (!await this.#isWell(endpoint, signal));
    member.failures = 0;
    member.ejected = false;
    endpoint.limit.restart();
    endpoint.retireConnection();
    incident.recovered();
    this.#onReturn();
  }

  async #isWell(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
    const { name } = endpoint;
    const incident = this.#incident(`${name}: health`);
    try {
      // Any other status is fine: the health page may be closed off while events are accepted.
      const { status } = await endpoint.health(signal);
      incident.recovered();
      return status < 500;
    } catch (error) {
      signal.throwIfAborted();
      incident.failed(error, {
        hint: "It is asked again",
        retryInMs: 0,
        cause: hecCause(name),
        instead: { message: `Cannot get the health of ${name}: ${describeError(error)}` },
      });
      return false;
    }
  }

  #incident(about: string): Incident {
    const incident = this.#incidents.get(about) ?? new Incident(this.#env, about);
    this.#incidents.set(about, incident);
    return incident;
  }
}
