import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/operator_error.ts";
import { untilAborted } from "../base/on_abort.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { troubleOf } from "../base/trouble_of.ts";
import { WaitQueue } from "../base/wait_queue.ts";
import type { Endpoint } from "./endpoint.ts";
import { hasRoom, type InFlight, type Member } from "./endpoint_member.ts";
import type { EndpointSlot } from "./endpoint_slot.ts";
import type { SlotResult } from "../base/server_way.ts";
import { hecCause } from "./hec_answer.ts";

/** Failures running after which an endpoint of several is left alone. */
const FAILURES_BEFORE_EJECTION = 3;
const PROBE = { baseMs: 2000, capMs: 30_000 };
/** An endpoint that answers nothing for so long, while others do, is asked for its health. */
const SILENT_MS = 10_000;

/** Which endpoint a caller waits for. */
interface Wanted {
  /** The one that it must be; undefined for any. */
  readonly only: Endpoint | undefined;
  readonly avoid: Endpoint | undefined;
}

/**
 * Hands out endpoints: the one with the fewest requests in flight, within each one's own limit and one
 * limit over all. One that fails is left alone, asked for its health now and then, and comes back slowly.
 */
export class EndpointPool {
  readonly #members: readonly Member[];
  readonly #maxConcurrentRequests: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #telemetry: Telemetry;
  readonly #waiting = new WaitQueue<Wanted, EndpointSlot>(() => {
    if (this.#waiting.length === 0) this.#sleep?.abort();
  });
  /** Ends the sleep of those that wait, until an endpoint may be tried again. */
  #sleep: AbortController | undefined;
  #slots = 0;
  #probes: TaskGroup | undefined;

  constructor(
    endpoints: readonly Endpoint[],
    { maxConcurrentRequests, clock, random, telemetry }: {
      maxConcurrentRequests: number;
      clock: Clock;
      random: () => number;
      telemetry: Telemetry;
    },
  ) {
    this.#members = endpoints.map((endpoint) => ({
      endpoint,
      inFlight: new Set(),
      lastAnswerMs: -Infinity,
      lastSlot: 0,
      failures: 0,
      ejected: false,
    }));
    for (const { way, intake } of endpoints) {
      way.onChange(() => this.#dispatch());
      intake.onChange(() => this.#dispatch());
    }
    this.#maxConcurrentRequests = maxConcurrentRequests;
    this.#clock = clock;
    this.#random = random;
    this.#telemetry = telemetry;
  }

  /** Endpoints that are not left alone. */
  get healthy(): number {
    return this.#members.filter(({ ejected }) => !ejected).length;
  }

  /** Whether events can go to another endpoint than this one, and be acknowledged there. */
  hasOther(than: Endpoint): boolean {
    return this.#members.some(({ endpoint, ejected }) =>
      endpoint !== than && !ejected && endpoint.acknowledges
    );
  }

  /** Milliseconds until events may be sent anywhere; 0 when they may now. */
  get waitMs(): number {
    return Math.min(...this.#candidates().map(({ endpoint }) => endpoint.waitMs));
  }

  /**
   * Waits for a slot.
   * @param avoid Taken only when there is no other: the endpoint that just failed.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(signal: AbortSignal, avoid?: Endpoint): Promise<EndpointSlot> {
    return await this.#acquire(signal, { avoid, only: undefined });
  }

  /**
   * Waits for a slot of one endpoint, before all others that wait.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquireAt(endpoint: Endpoint, signal: AbortSignal): Promise<EndpointSlot> {
    return await this.#acquire(signal, { avoid: undefined, only: endpoint });
  }

  async #acquire(signal: AbortSignal, wanted: Wanted): Promise<EndpointSlot> {
    const granted = this.#waiting.wait(wanted, signal, wanted.only !== undefined);
    this.#dispatch();
    return await granted;
  }

  /** Looks after the endpoints that are left alone, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await using probes = new TaskGroup(signal);
    this.#probes = probes;
    if (this.#members.length > 1) probes.spawn("silent endpoints", (signal) => this.#watch(signal));
    await untilAborted(signal);
    this.#probes = undefined;
  }

  /** Lets those go on that wait, in their order; who avoids an endpoint does not hold up the others. */
  #dispatch(): void {
    // Before: time goes on, and what may be tried a moment later is not to be missed.
    const readyInMs = this.#readyInMs();
    this.#grantSlots();
    this.#sleepUntilReady(readyInMs);
  }

  #grantSlots(): void {
    for (let at = 0; at < this.#waiting.length;) {
      const total = this.#members.reduce((sum, { inFlight }) => sum + inFlight.size, 0);
      if (total >= this.#maxConcurrentRequests) return;
      const { only, avoid } = this.#waiting.at(at)!;
      const member = only ? this.#memberOf(only) : this.#pick(avoid);
      if (!member && !only && avoid === undefined) return;
      if (!member) at++;
      else {
        if (!only) member.lastSlot = ++this.#slots;
        this.#waiting.grant(at, this.#slot(member, only === undefined));
      }
    }
  }

  /** Milliseconds until the first of the endpoints that must wait may be tried; Infinity when none waits for time. */
  #readyInMs(): number {
    const ofEvents = this.#candidates().map(({ endpoint }) => endpoint.waitMs);
    const ofPolls = [...this.#waiting].flatMap(({ only }) => only?.way.waitMs ?? []);
    return Math.min(...[...ofEvents, ...ofPolls].filter((waitMs) => waitMs > 0));
  }

  /** Endpoints that requests may go to. */
  #wanted(): readonly Endpoint[] {
    const ofOne = [...this.#waiting].flatMap(({ only }) => only ?? []);
    return [...this.#candidates().map(({ endpoint }) => endpoint), ...ofOne];
  }

  /** The member of an endpoint, if a request beside the events may be sent there now. */
  #memberOf(only: Endpoint): Member | undefined {
    const member = this.#members.find(({ endpoint }) => endpoint === only);
    return member && only.way.waitMs === 0 && hasRoom(member) ? member : undefined;
  }

  /** Looks again after that time, as long as a request waits. */
  #sleepUntilReady(readyInMs: number): void {
    this.#sleep?.abort();
    this.#sleep = undefined;
    if (this.#waiting.length === 0) return;
    for (const { way } of this.#wanted()) if (way.waitMs > 0) way.want();
    if (readyInMs === Infinity) return;
    const sleep = this.#sleep = new AbortController();
    this.#clock.sleep(readyInMs, sleep.signal).then(() => this.#dispatch(), () => {}); // ended early: replaced
  }

  #pick(avoid: Endpoint | undefined): Member | undefined {
    const candidates = this.#candidates().filter(({ endpoint }) => endpoint.waitMs === 0);
    const others = candidates.filter(({ endpoint }) => endpoint !== avoid);
    return (others.length > 0 ? others : candidates)
      .filter(hasRoom)
      .sort((a, b) => a.inFlight.size - b.inFlight.size || a.lastSlot - b.lastSlot)[0];
  }

  #candidates(): readonly Member[] {
    const usable = this.#members.filter(({ ejected }) => !ejected);
    // With none well, trying beats waiting: the endpoints themselves have a backoff.
    const well = usable.length > 0 ? usable : this.#members;
    const acknowledging = well.filter(({ endpoint }) => endpoint.acknowledges);
    return acknowledging.length > 0 ? acknowledging : well;
  }

  #slot(member: Member, withEvents: boolean): EndpointSlot {
    const { way, intake } = member.endpoint;
    const pass = way.tryPass()!;
    const intakePass = withEvents ? intake.tryPass() : undefined;
    const request = {
      sinceMs: this.#clock.monotonicMs(),
      abandon: this.#members.length > 1 ? new AbortController() : undefined,
    };
    member.inFlight.add(request);
    return {
      endpoint: member.endpoint,
      abandoned: request.abandon?.signal,
      answersElsewhere: () => this.#othersAnswer(member, request.sinceMs),
      release: (result) => {
        if (!member.inFlight.delete(request)) return 0;
        if (result === "ok") {
          member.failures = 0;
          member.lastAnswerMs = this.#clock.monotonicMs();
        } else if (result !== "unknown" && result !== "answered") member.failures++;
        const busy = typeof result === "object" && "busyForMs" in result ? result : undefined;
        const ejects = result === "eject" || busy?.ejects;
        if (ejects || member.failures >= FAILURES_BEFORE_EJECTION) this.#eject(member);
        // First, as the end of the way's pass may let others go.
        let waitMs = 0;
        if (busy) waitMs = intakePass?.failed(busy.busyForMs) ?? 0;
        else if (typeof result === "string" && result !== "unknown") intakePass?.succeeded();
        else intakePass?.unknown();
        waitMs = Math.max(waitMs, pass.end(busy ? "failed" : result as SlotResult));
        this.#dispatch();
        return waitMs;
      },
    };
  }

  #eject(member: Member): void {
    // A single endpoint is never left alone: nobody else could take its requests.
    if (member.ejected || this.#members.length === 1 || !this.#probes) return;
    member.ejected = true;
    this.#probes.spawn(`probe ${member.endpoint.name}`, (signal) => this.#probe(member, signal));
  }

  /**
   * Looks for endpoints that keep requests without a word, as half-open connections do, while others answer:
   * their batches need not wait for the whole timeout.
   */
  async #watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(SILENT_MS / 2, signal);
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

  /** Requests that have no answer for long, if another endpoint shows that answers can be had. */
  #silentRequests(member: Member): InFlight[] {
    const sinceMs = this.#clock.monotonicMs() - SILENT_MS;
    return this.#othersAnswer(member, sinceMs)
      ? [...member.inFlight].filter((one) => one.sinceMs <= sinceMs)
      : [];
  }

  #othersAnswer(member: Member, sinceMs: number): boolean {
    return this.#members.some((other) =>
      other !== member && !other.ejected && other.lastAnswerMs > sinceMs
    );
  }

  async #probe(member: Member, signal: AbortSignal): Promise<void> {
    const { endpoint } = member;
    const about = `${endpoint.name}: endpoint`;
    for (let attempt = 1;; attempt++) {
      const retryInMs = PROBE.baseMs / 4 + backoffMs(PROBE, attempt, this.#random);
      this.#telemetry({
        type: "trouble",
        about,
        message: `HEC endpoint ${endpoint.name} fails; the others take its requests`,
        hint: "Its health is asked until it answers",
        retryInMs,
      });
      await this.#clock.sleep(retryInMs, signal);
      if (await this.#isWell(endpoint, signal)) break;
    }
    member.failures = 0;
    member.ejected = false;
    endpoint.limit.restart();
    endpoint.retireConnection();
    this.#telemetry({ type: "recovered", about });
    this.#dispatch();
  }

  async #isWell(endpoint: Endpoint, signal: AbortSignal): Promise<boolean> {
    const about = `${endpoint.name}: health`;
    try {
      // Anything but trouble of its own: the health page may be closed off, and events still be taken.
      const { status } = await endpoint.health(signal);
      this.#telemetry({ type: "recovered", about });
      return status < 500;
    } catch (error) {
      signal.throwIfAborted();
      const message = `Cannot ask the health of ${endpoint.name}: ${describeError(error)}`;
      const cause = hecCause(endpoint.name);
      this.#telemetry(troubleOf(about, error, "It is asked again", 0, { message, cause }));
      return false;
    }
  }
}
