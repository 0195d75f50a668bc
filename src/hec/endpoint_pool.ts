import type { Env } from "../base/env.ts";
import type { SlotResult } from "../base/server_way.ts";
import { WaitQueue } from "../base/wait_queue.ts";
import type { CollectorSet, NextCaller, SetMember } from "./collector_set.ts";
import type { Endpoint } from "./endpoint.ts";
import { EndpointHealth, type Member } from "./endpoint_health.ts";
import type { Busy, EndpointSlot } from "./endpoint_slot.ts";

/** The body that a caller wants to send. */
interface Waiting {
  readonly source: string;
  /** How often it has failed. */
  readonly failures: number;
}

const UNKNOWN: Waiting = { source: "", failures: 0 };

/** Which endpoint a caller waits for. */
interface Wanted {
  /** For a poll: the only endpoint that may get it. Undefined for events. */
  readonly only: Endpoint | undefined;
  readonly avoid: Endpoint | undefined;
  /** Undefined for a poll. */
  readonly body: Waiting | undefined;
}

/**
 * Grants slots of endpoints: of the one with the fewest requests in flight, within each one's own limit and that of
 * the set. Endpoints that fail are ejected, and come back slowly once they are healthy.
 */
export class EndpointPool implements SetMember {
  readonly #members: readonly Member[];
  readonly #set: CollectorSet;
  readonly #membership: Disposable;
  readonly #env: Env;
  readonly #health: EndpointHealth;
  readonly #waiting = new WaitQueue<Wanted, EndpointSlot>(() => {
    if (this.#waiting.length === 0) this.#sleep?.abort();
  });
  /** Ends the sleep until an endpoint may be tried again. */
  #sleep: AbortController | undefined;
  #slots = 0;

  constructor(env: Env, endpoints: readonly Endpoint[], set: CollectorSet) {
    this.#members = endpoints.map((endpoint) => ({
      endpoint,
      inFlight: new Set(),
      lastAnswerMs: -Infinity,
      lastSlot: 0,
      tried: new Set(),
      decided: 0,
      failures: 0,
      ejected: false,
    }));
    for (const { way, intake } of endpoints) {
      way.onChange(() => set.serve());
      intake.onChange(() => set.serve());
    }
    this.#env = env;
    this.#health = new EndpointHealth(env, this.#members, () => set.serve());
    this.#set = set;
    this.#membership = set.join(this);
  }

  /** Number of endpoints that are not ejected. */
  get healthy(): number {
    return this.#members.filter(({ ejected }) => !ejected).length;
  }

  /** Whether events can go to another endpoint than this one, and be acknowledged there. */
  hasOther(than: Endpoint): boolean {
    return this.#members.some(({ endpoint, ejected }) =>
      endpoint !== than && !ejected && endpoint.acknowledges
    );
  }

  /** Milliseconds until some endpoint may get events; 0 when one may now. */
  get waitMs(): number {
    return Math.min(...this.#candidates().map(({ endpoint }) => endpoint.waitMs));
  }

  /**
   * Waits for a slot for events.
   * @param avoid Taken only when there is no other: the endpoint that just failed.
   * @param body Decides who tries an endpoint that is in trouble.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(signal: AbortSignal, avoid?: Endpoint, body = UNKNOWN): Promise<EndpointSlot> {
    return await this.#acquire(signal, { avoid, body, only: undefined });
  }

  /**
   * Waits for a slot for a poll, ahead of all others. A busy endpoint still gets polls.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquireAt(endpoint: Endpoint, signal: AbortSignal): Promise<EndpointSlot> {
    return await this.#acquire(signal, { avoid: undefined, body: undefined, only: endpoint });
  }

  /** Probes endpoints that fail until `signal` aborts; then leaves the set. */
  async run(signal: AbortSignal): Promise<void> {
    using _membership = this.#membership;
    await this.#health.run(signal);
  }

  /** Forgets a source that is removed. */
  forget(source: string): void {
    this.#set.forget(source);
  }

  async #acquire(signal: AbortSignal, wanted: Wanted): Promise<EndpointSlot> {
    const granted = this.#waiting.wait(wanted, signal, wanted.only !== undefined);
    this.#set.serve();
    return await granted;
  }

  /** The first poll; else the first body of the source whose turn it is. Who avoids an endpoint holds up no other. */
  next(): NextCaller | undefined {
    const pick = this.#picks();
    let first: { readonly at: number; readonly body: Waiting; readonly member: Member } | undefined;
    for (let at = 0; at < this.#waiting.length; at++) {
      const { only, avoid, body } = this.#waiting.at(at)!;
      const member = only ? this.#readyFor(only) : pick(avoid);
      if (!member) continue;
      if (!body) return { source: undefined, grant: () => this.#grant(at, member) };
      if (first && !this.#set.comesBefore(body.source, first.body.source)) continue;
      first = { at, body, member };
    }
    if (!first) return undefined;
    const { at, member } = first;
    const next = this.#nextFor(member, at, pick);
    const { source } = this.#waiting.at(next)!.body!;
    return { source, grant: () => this.#grant(next, member) };
  }

  #grant(at: number, member: Member): void {
    const { body } = this.#waiting.at(at)!;
    if (body) {
      const { tried, endpoint: { way, intake } } = member;
      const isWell = way.isClosed && intake.isClosed;
      if (isWell || tried.has(body.source)) tried.clear();
      if (!isWell) tried.add(body.source);
      member.lastSlot = ++this.#slots;
    }
    this.#waiting.grant(at, this.#slot(member, body));
  }

  /**
   * The caller that gets a slot of the endpoint: the first one. An endpoint in trouble is tried with one body of each
   * source in turn, and with one that has failed least, so that bodies that always fail do not keep the others from
   * showing that it accepts them.
   * @param first The first caller to which the slot may go.
   */
  #nextFor(member: Member, first: number, pick: (avoid?: Endpoint) => Member | undefined): number {
    const { tried, endpoint: { way, intake } } = member;
    if (way.isClosed && intake.isClosed) return first;
    const rankOf = ({ source, failures }: Waiting) => failures + (tried.has(source) ? 1e9 : 0);
    let best = first;
    let bestBody = this.#waiting.at(first)!.body!;
    for (let at = 0; at < this.#waiting.length; at++) {
      const { body, avoid } = this.#waiting.at(at)!;
      if (!body || rankOf(body) >= rankOf(bestBody) || pick(avoid) !== member) continue;
      [best, bestBody] = [at, body];
    }
    return best;
  }

  /** Milliseconds until the first endpoint in a backoff may be tried; Infinity when none is in one. */
  readyInMs(): number {
    const ofEvents = this.#candidates().map(({ endpoint }) => endpoint.waitMs);
    const ofPolls = this.#polled().map(({ way }) => way.waitMs);
    return Math.min(...[...ofEvents, ...ofPolls].filter((waitMs) => waitMs > 0));
  }

  /** Endpoints that polls wait for. */
  #polled(): readonly Endpoint[] {
    return [...this.#waiting].flatMap(({ only }) => only ?? []);
  }

  /** The endpoint's member, if it may get a poll now. */
  #readyFor(only: Endpoint): Member | undefined {
    const member = this.#members.find(({ endpoint }) => endpoint === only);
    return member && only.way.waitMs === 0 && hasRoom(member) ? member : undefined;
  }

  /** Has the set serve again after that time, as long as a caller waits. */
  serveIn(readyInMs: number): void {
    this.#sleep?.abort();
    this.#sleep = undefined;
    if (this.#waiting.length === 0) return;
    for (const { endpoint: { way } } of this.#candidates()) if (way.waitMs > 0) way.want();
    for (const { way } of this.#polled()) if (way.waitMs > 0) way.want();
    if (readyInMs === Infinity) return;
    const sleep = this.#sleep = new AbortController();
    const { clock } = this.#env;
    clock.sleep(readyInMs, sleep.signal).then(() => this.#set.serve(), () => {}); // ended early: replaced
  }

  /** As `#pick`, remembering what it found until something changes. */
  #picks(): (avoid?: Endpoint) => Member | undefined {
    const found = new Map<Endpoint | undefined, Member | undefined>();
    return (avoid) => {
      if (!found.has(avoid)) found.set(avoid, this.#pick(avoid));
      return found.get(avoid);
    };
  }

  /** The endpoint for the next events, if one is ready. */
  #pick(avoid: Endpoint | undefined): Member | undefined {
    const candidates = this.#candidates().filter(({ endpoint }) => endpoint.waitMs === 0);
    const others = candidates.filter(({ endpoint }) => endpoint !== avoid);
    return (others.length > 0 ? others : candidates)
      .filter(hasRoom)
      .sort((a, b) => a.inFlight.size - b.inFlight.size || a.lastSlot - b.lastSlot)[0];
  }

  #candidates(): readonly Member[] {
    const usable = this.#members.filter(({ ejected }) => !ejected);
    // If every endpoint is ejected, use all of them: each has its own backoff.
    const well = usable.length > 0 ? usable : this.#members;
    const acknowledging = well.filter(({ endpoint }) => endpoint.acknowledges);
    return acknowledging.length > 0 ? acknowledging : well;
  }

  #slot(member: Member, body: Waiting | undefined): EndpointSlot {
    const { endpoint, inFlight } = member;
    const way = endpoint.way.tryPass()!;
    const intake = body ? endpoint.intake.tryPass() : undefined;
    const request = {
      sinceMs: this.#env.clock.monotonicMs(),
      abandon: this.#members.length > 1 ? new AbortController() : undefined,
    };
    inFlight.add(request);
    const end = this.#set.begin(body?.source);
    const count = (result: SlotResult, ejects: boolean) => {
      if (result === "ok") this.#health.succeeded(member);
      else if (result !== "unknown" && result !== "answered") this.#health.failed(member, ejects);
    };
    return {
      endpoint,
      abandoned: request.abandon?.signal,
      answersElsewhere: () => this.#health.othersAnswer(member, request.sinceMs),
      get decided() {
        return member.decided;
      },
      release: (result) => {
        if (!inFlight.delete(request)) return 0;
        end();
        let waitMs = 0;
        // The intake first: the end of the other pass may let requests go.
        if (isBusy(result) && result.isOfBody) {
          intake?.unknown();
          way.end("answered");
        } else if (isBusy(result)) {
          count("failed", result.ejects);
          waitMs = intake?.failed(result.busyForMs) ?? 0;
          way.end("failed");
        } else {
          count(result, result === "eject");
          if (typeof result === "string" && result !== "unknown") intake?.succeeded();
          else intake?.unknown();
          waitMs = way.end(result);
        }
        this.#set.serve();
        return waitMs;
      },
    };
  }
}

/** Whether one more request may be in flight there. */
function hasRoom({ endpoint, inFlight }: Member): boolean {
  return inFlight.size < endpoint.limit.limit;
}

function isBusy(result: SlotResult | Busy): result is Busy {
  return typeof result === "object" && "busyForMs" in result;
}
