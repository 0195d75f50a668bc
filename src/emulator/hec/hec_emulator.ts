import { systemClock } from "../../base/clock.ts";
import { HttpServer } from "../http/http_server.ts";
import { Balancer } from "./balancer.ts";
import { Collector } from "./collector.ts";
import { type Fault, FaultPlan, type FaultRule } from "./fault.ts";
import { DEFAULT_TOKEN, type HecEmulatorOptions } from "./hec_emulator_options.ts";
import type { HecToken } from "../core/hec/hec_settings.ts";
import { DEFAULT_LIMITS, DEFAULT_SWITCHES, type Fill } from "./hec_settings.ts";
import type { ReceivedEvent } from "./received_event.ts";
import { RequestHandler } from "./request_handler.ts";
import { RequestLog, type SeenRequest } from "./request_log.ts";

/**
 * A Splunk HTTP Event Collector that runs in this process, on a real socket.
 *
 * It answers as Splunk Enterprise 10.4.3 was seen to answer; behaviour that is not known is a switch.
 * `/mint` and `/s2s` answer 404, `/raw` reads each line as an event, and `auto_extract_timestamp` is ignored.
 */
export class HecEmulator implements AsyncDisposable {
  /** The base URL, without a path. */
  readonly url: string;
  /** The first token. */
  readonly token: string;
  /** Tokens by their text; may be changed while it runs. */
  readonly tokens: Map<string, HecToken>;
  readonly #options: HecEmulatorOptions;
  readonly #collector: Collector;
  readonly #faults = new FaultPlan();
  readonly #log: RequestLog;
  readonly #handler: RequestHandler;
  #server: HttpServer;
  #listening = true;
  #past = { connections: 0, requestsOpenMax: 0 };

  private constructor(options: HecEmulatorOptions) {
    this.#options = options;
    const { clock = systemClock, indexers = 1, store = "all" } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const switches = { ...DEFAULT_SWITCHES, ...options.switches };
    const tokens = options.tokens ?? [{ token: DEFAULT_TOKEN }];
    this.tokens = new Map(tokens.map((token) => [token.token, token]));
    this.token = tokens[0]?.token ?? DEFAULT_TOKEN;
    this.#collector = new Collector({
      clock,
      limits,
      switches,
      indexers,
      warnAt80: options.backpressure === "warn_at_80",
      missingChannelCode: options.profile === "cloud-10.5" ? 28 : 10,
      requireAnyCookie: options.requireAnyCookie ?? [],
      knownIndexes: options.knownIndexes && new Set(options.knownIndexes),
      lastChanceIndex: options.lastChanceIndex,
      keepEvents: store === "all",
      onEvent: options.onEvent,
      onIndexed: options.onIndexed,
      onLost: options.onLost,
    });
    this.ackDelayMs = options.ackDelayMs ?? 1000;
    this.#log = new RequestLog(options.maxRequestsKept ?? 10_000);
    this.#handler = new RequestHandler({
      gate: { tokens: this.tokens, maxContentBytes: limits.maxContentBytes, switches },
      faults: this.#faults,
      balancer: new Balancer(indexers, options.balancing ?? "request", options.random),
      collector: this.#collector,
      log: this.#log,
      clock,
      keepBodies: store === "all",
      channelCookie: options.channelCookie,
    });
    this.#server = this.#listen(options.port ?? 0);
    this.url = this.#server.url;
  }

  /** Listens at once. */
  static start(options: HecEmulatorOptions = {}): HecEmulator {
    return new HecEmulator(options);
  }

  #listen(port: number): HttpServer {
    const { hostname, tls, clock, idleTimeoutMs } = this.#options;
    return HttpServer.start({
      port,
      ...(hostname !== undefined && { hostname }),
      ...(tls && { tls }),
      ...(clock && { clock }),
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      onHead: (head) => this.#handler.onHead(head),
      handler: (request, signal) => this.#handler.handle(request, signal),
    });
  }

  // Settings that may be changed while it runs

  /** Time from an answer to its ack, for later requests. */
  get ackDelayMs(): number | "never" {
    const { ackDelayMs } = this.#collector;
    return ackDelayMs === Infinity ? "never" : ackDelayMs;
  }
  set ackDelayMs(value: number | "never") {
    this.#collector.ackDelayMs = value === "never" ? Infinity : value;
  }

  /** How full the server reports to be; set its two members. */
  get pressure(): { queue: Fill; acks: Fill } {
    return this.#collector.pressure;
  }

  /** Answers 503 code 23 to every request and closes the connection. */
  get shuttingDown(): boolean {
    return this.#collector.shuttingDown;
  }
  set shuttingDown(value: boolean) {
    this.#collector.shuttingDown = value;
  }

  /** Decides the fault of each request that no queued fault is for. */
  get rule(): FaultRule | undefined {
    return this.#faults.rule;
  }
  set rule(rule: FaultRule | undefined) {
    this.#faults.rule = rule;
  }

  /** Queues faults; each is used by the next request that it is for. */
  inject(...faults: readonly Fault[]): void {
    this.#faults.enqueue(faults);
  }

  /** Number of queued faults that are not used yet. */
  get faultsQueued(): number {
    return this.#faults.queued;
  }

  /**
   * Forgets all ack channels and drops all connections. `loseUnacked` also loses events that were not
   * indexed. With `indexer` only that one restarts, and the balancer's connections stay.
   */
  restart(
    { loseUnacked = false, indexer }: { loseUnacked?: boolean; indexer?: number } = {},
  ): void {
    this.#collector.restart(loseUnacked, indexer);
    if (indexer === undefined) this.#server.dropConnections();
  }

  /** Drops all connections; forgets nothing. */
  dropConnections(): void {
    this.#server.dropConnections();
  }

  /** Stops listening: clients are refused, until `acceptConnections`. */
  async refuseConnections(): Promise<void> {
    if (!this.#listening) return;
    this.#listening = false;
    await this.#server.close();
  }

  /** Listens again on the same port. */
  acceptConnections(): void {
    if (this.#listening) return;
    this.#past = { connections: this.connectionsOpened, requestsOpenMax: this.requestsOpenMax };
    this.#server = this.#listen(this.#server.port);
    this.#listening = true;
  }

  // What has happened

  /** Events that are or will be searchable, in order of arrival; empty with `store: "none"`. */
  get events(): readonly ReceivedEvent[] {
    this.#collector.advance();
    return this.#collector.store.events;
  }

  /** Events for an index that does not exist, which were dropped; empty with `store: "none"`. */
  get droppedEvents(): readonly ReceivedEvent[] {
    return this.#collector.store.dropped;
  }

  /** Numbers of events, also with `store: "none"`; `misrouted` are also `accepted`. */
  get counts(): { accepted: number; indexed: number; lost: number; misrouted: number } {
    const collector = this.#collector;
    collector.advance();
    const { acceptedCount: accepted, misroutedCount: misrouted } = collector.store;
    return { accepted, indexed: collector.indexedCount, lost: collector.lostCount, misrouted };
  }

  /** How often each identity is in `events`, for those that are there more than once. */
  duplicates(identity: (event: ReceivedEvent) => string | undefined): Map<string, number> {
    const counts = this.identities(identity);
    return new Map([...counts].filter(([, count]) => count > 1));
  }

  /**
   * How often each identity is in `events`.
   *
   * @throws {Error} if an event has none.
   */
  identities(identity: (event: ReceivedEvent) => string | undefined): Map<string, number> {
    const counts = new Map<string, number>();
    for (const event of this.events) {
      const id = identity(event);
      if (id === undefined) {
        throw new Error(`Cannot identify an event of request ${event.requestId}`);
      }
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  /** Requests in the order in which they were answered or cut. */
  get requests(): readonly SeenRequest[] {
    return this.#log.all;
  }

  get connectionsOpened(): number {
    return this.#past.connections + this.#server.connectionsOpened;
  }

  get connectionsOpen(): number {
    return this.#server.connectionsOpen;
  }

  /** The most requests in progress at one time. */
  get requestsOpenMax(): number {
    return Math.max(this.#past.requestsOpenMax, this.#server.requestsOpenMax);
  }

  /** Number of answered polls, by channel. */
  get pollsByChannel(): ReadonlyMap<string, number> {
    return this.#collector.pollsByChannel;
  }

  /** Number of known ack channels. */
  get channelCount(): number {
    return this.#collector.channelCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
