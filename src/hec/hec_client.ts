import type { Env } from "../base/env.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import type { Secret } from "../base/secret.ts";
import { nameOf } from "../base/proxy_failure.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import type { Batch } from "../core/batch.ts";
import { AckMode, type AckSetting } from "./ack/ack_mode.ts";
import { AckPoller } from "./ack/ack_poller.ts";
import { CollectorSet } from "./collector_set.ts";
import { Delivery } from "./delivery.ts";
import type { DeliveryContext, DeliveryParts, DeliveryReport } from "./delivery_context.ts";
import { Endpoint } from "./endpoint.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import type { HecToken } from "./hec_token.ts";
import { type DeliveredSource, SourceDelivery } from "./source_delivery.ts";
import {
  type HecAddress,
  type HecConnection,
  type HecTransport,
  SHARED_OPTIONS,
} from "./transport/hec_transport.ts";
import { ProxiedTransport } from "./transport/proxied_transport.ts";
import { type MaxConnectionAge, RotatingTransport } from "./transport/rotating_transport.ts";

/** How the endpoints of a client are reached. */
export interface EndpointsOptions {
  /** At least one. */
  readonly connections: readonly HecAddress[];
  readonly token: HecToken;
  readonly tls: TlsFiles;
  /** Timeout for answers, in milliseconds. */
  readonly timeoutMs: number;
  /** Maximum number of requests in flight, over all endpoints of the set. */
  readonly maxConcurrentRequests: number;
  readonly maxConnectionAge: MaxConnectionAge;
  readonly userAgent: string;
  /** Sent with every request to these endpoints; none when left out. */
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
  /** Where the options are written, for messages; `hec` when left out. */
  readonly optionPath?: string | undefined;
  /** Makes names of channels. */
  readonly uuid: () => string;
  /** Shared with all other connections through the same proxies; own ones when left out. */
  readonly proxies?: ProxyBreakers | undefined;
  /** Makes the connections of one endpoint. */
  readonly makeTransport: (connection: HecConnection) => HecTransport;
}

export interface HecClientOptions extends EndpointsOptions {
  readonly ack: AckSetting;
  readonly ackTimeoutMs: number;
  /** Shared with other clients of the same collectors; an own one when left out. */
  readonly set?: CollectorSet | undefined;
}

/** Makes endpoints with their own connections; the caller closes them. */
export function makeEndpoints(
  env: Env,
  options: EndpointsOptions,
  timeoutMs: number,
): Endpoint[] {
  const { connections, tls, maxConnectionAge, makeTransport } = options;
  const { proxies = new LocalProxyBreakers(env), optionPath = SHARED_OPTIONS } = options;
  return connections.map((address) => {
    const { baseUrl, proxyUrl } = address;
    const proxy = proxyUrl === undefined ? undefined : proxies.of(proxyUrl);
    const make = (texts: TlsTexts) => {
      const connection = { ...address, ...texts, optionPath };
      const transport = makeTransport(connection);
      return proxy ? new ProxiedTransport(transport, connection, proxy, env.clock) : transport;
    };
    return new Endpoint(env, {
      name: baseUrl,
      transport: new RotatingTransport(make, tls, maxConnectionAge, env.clock),
      token: options.token,
      userAgent: options.userAgent,
      timeoutMs,
      maxConcurrentRequests: options.maxConcurrentRequests,
      startsAlone: baseUrl.startsWith("https:"),
      proxy,
      proxyName: proxyUrl && nameOf({ proxyUrl, option: `${optionPath}.proxy` }),
      uuid: options.uuid,
      headers: options.headers,
      optionPath,
    });
  });
}

/**
 * Collectors under one token: endpoints, requests, outcomes, acknowledgements. One for all sources that are sent there,
 * which may be added and removed at any time.
 */
export class HecClient {
  readonly #env: Env;
  readonly #endpoints: readonly Endpoint[];
  readonly #pollers: ReadonlyMap<Endpoint, AckPoller>;
  readonly #parts: DeliveryParts;
  readonly #sources = new Map<string, SourceDelivery>();

  constructor(env: Env, options: HecClientOptions) {
    this.#env = env;
    this.#endpoints = makeEndpoints(env, options, options.timeoutMs);
    const { set = new CollectorSet(options.maxConcurrentRequests) } = options;
    const pool = new EndpointPool(env, this.#endpoints, set);
    const pollers = new Map(
      this.#endpoints.map((endpoint) => {
        const poller = new AckPoller(env, endpoint, {
          ackTimeoutMs: options.ackTimeoutMs,
          elsewhere: () => pool.hasOther(endpoint),
          acquire: (signal) => pool.acquireAt(endpoint, signal),
        });
        return [endpoint, poller];
      }),
    );
    this.#pollers = pollers;
    const pollerOf = (endpoint: Endpoint) => pollers.get(endpoint)!;
    this.#parts = { env, pool, pollerOf, ackMode: new AckMode(options.ack) };
  }

  /** Polls acknowledgements and probes failed endpoints until `signal` aborts; then closes the connections. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await using tasks = new TaskGroup(signal);
      for (const [{ name }, poller] of this.#pollers) {
        tasks.spawn(`acknowledgements of ${name}`, (signal) => poller.run(signal));
      }
      tasks.spawn("endpoints", (signal) => this.#parts.pool.run(signal));
    } finally {
      for (const endpoint of this.#endpoints) endpoint.close();
    }
  }

  /**
   * Adds a source, whose events may then be delivered.
   * @throws when there is one with that id.
   */
  addSource(source: DeliveredSource): void {
    const { source: id } = source;
    if (this.#sources.has(id)) throw new Error(`Cannot add source ${id}: there is one already`);
    this.#sources.set(id, new SourceDelivery(this.#env, source));
  }

  /** Removes a source. Deliveries under way continue; later ones fail. */
  removeSource(id: string): void {
    this.#sources.delete(id);
    this.#parts.pool.forget(id);
  }

  /** Whether a source waits for its operator. */
  isHeld(id: string): boolean {
    return this.#source(id).breaker.isHeld;
  }

  /** Holds a source while another isolate probes it, or releases it. No effect on an unknown source. */
  holdElsewhere(id: string, isHeld: boolean): void {
    this.#sources.get(id)?.breaker.holdElsewhere(isHeld);
  }

  /**
   * Delivers a batch: in the end every event is accepted (and acknowledged, where the token has that) or parked.
   * Transient failures are retried forever.
   * @throws when the source is unknown.
   * @throws the reason of the context's signal when it aborts; then the state of the events is unknown.
   */
  async deliver(batch: Batch, context: DeliveryContext): Promise<DeliveryReport> {
    return await new Delivery(batch, this.#source(context.source), context, this.#parts).run();
  }

  #source(id: string): SourceDelivery {
    const source = this.#sources.get(id);
    if (!source) throw new Error(`Cannot deliver events of ${id}: no such source`);
    return source;
  }
}
