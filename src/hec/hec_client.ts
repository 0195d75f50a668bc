import type { Clock } from "../base/clock.ts";
import { nameOf } from "../base/proxy_failure.ts";
import { TaskGroup } from "../base/task_group.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { AckMode, type AckSetting } from "./ack/ack_mode.ts";
import { AckPoller } from "./ack/ack_poller.ts";
import type { Batch } from "../core/batch.ts";
import { Delivery } from "./delivery.ts";
import type { DeliveryReport } from "./delivery_report.ts";
import type { RefusedEvent } from "./refused_event.ts";
import { Endpoint } from "./endpoint.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import type { HecToken } from "./hec_token.ts";
import type { HecAddress, HecConnection, HecTransport } from "./transport/hec_transport.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import { ProxiedTransport } from "./transport/proxied_transport.ts";
import { type Retirement, RotatingTransport } from "./transport/rotating_transport.ts";
import type { Route } from "./route.ts";

export interface HecClientOptions {
  /** At least one. */
  readonly connections: readonly HecAddress[];
  readonly token: HecToken;
  readonly tls: TlsFiles;
  readonly timeoutMs: number;
  /** Requests in flight over all endpoints. */
  readonly maxConcurrentRequests: number;
  readonly ack: AckSetting;
  readonly ackTimeoutMs: number;
  readonly retirement: Retirement;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly telemetry: Telemetry;
  /** Shared with whatever else goes through the same proxies; its own when left out. */
  readonly proxies?: ProxyBreakers | undefined;
  /** Makes the connections of one endpoint. */
  readonly makeTransport: (connection: HecConnection) => HecTransport;
}

/** What a delivery needs besides the batch. */
export interface DeliveryContext {
  readonly route: Route;
  readonly signal: AbortSignal;
  readonly park: (event: RefusedEvent) => Promise<void>;
  readonly placeOf: (at: number) => string;
}

/** The endpoints of a client, with connections of their own; close them. */
export function makeEndpoints(options: HecClientOptions): Endpoint[] {
  const { connections, tls, retirement, clock, makeTransport } = options;
  const { proxies = new LocalProxyBreakers(options) } = options;
  return connections.map((address) => {
    const { baseUrl, proxyUrl } = address;
    const proxy = proxyUrl === undefined ? undefined : proxies.of(proxyUrl);
    const make = (texts: TlsTexts) => {
      const connection = { ...address, ...texts };
      const transport = makeTransport(connection);
      return proxy ? new ProxiedTransport(transport, connection, proxy, clock) : transport;
    };
    return new Endpoint({
      ...options,
      name: baseUrl,
      startsAlone: baseUrl.startsWith("https:"),
      proxy,
      proxyName: proxyUrl && nameOf({ proxyUrl, option: "hec.proxy" }),
      transport: new RotatingTransport(make, tls, retirement, clock),
    });
  });
}

/** The HEC side of the program: endpoints, requests, outcomes, acknowledgements. One for all sources. */
export class HecClient {
  readonly #options: HecClientOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #pool: EndpointPool;
  readonly #pollers: ReadonlyMap<Endpoint, AckPoller>;
  readonly #ackMode: AckMode;

  constructor(options: HecClientOptions) {
    this.#options = options;
    this.#endpoints = makeEndpoints(options);
    this.#pool = new EndpointPool(this.#endpoints, options.maxConcurrentRequests, options);
    this.#pollers = new Map(
      this.#endpoints.map((endpoint) => {
        const elsewhere = () => this.#pool.hasOther(endpoint);
        const acquire = (signal: AbortSignal) => this.#pool.acquireAt(endpoint, signal);
        return [endpoint, new AckPoller(endpoint, { ...options, elsewhere, acquire })];
      }),
    );
    this.#ackMode = new AckMode(options.ack);
  }

  /** Polls acknowledgements and looks after failed endpoints until `signal` aborts; then closes. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await using tasks = new TaskGroup(signal);
      for (const [{ name }, poller] of this.#pollers) {
        tasks.spawn(`acknowledgements of ${name}`, (signal) => poller.run(signal));
      }
      tasks.spawn("endpoints", (signal) => this.#pool.run(signal));
    } finally {
      for (const endpoint of this.#endpoints) endpoint.close();
    }
  }

  /**
   * Delivers a batch to its end: every event accepted (and acknowledged, where the token has that) or
   * parked. Failures are tried again without end.
   * @throws the reason of the context's signal when it aborts; then nothing is known of the events.
   */
  async deliver(batch: Batch, context: DeliveryContext): Promise<DeliveryReport> {
    const { clock, random } = this.#options;
    return await new Delivery(batch, {
      ...context,
      clock,
      random,
      ackMode: this.#ackMode,
      pollerOf: (endpoint) => this.#pollers.get(endpoint)!,
      pool: this.#pool,
    }).run();
  }
}
