import { type Clock, systemClock } from "../../base/clock.ts";
import type { HttpRequest } from "../core/http.ts";
import type { AccessKey } from "../core/sls/access_key.ts";
import type { Limits } from "../core/sls/call_context.ts";
import type { CheckpointEvent, HeartbeatEvent, PullEvent } from "../core/sls/events.ts";
import type { SkewCode } from "../core/sls/request_time.ts";
import { SlsService, type Target } from "../core/sls/sls_service.ts";
import { type NewLogstore, SlsStore } from "../core/sls/sls_store.ts";
import { HttpServer } from "../http/http_server.ts";
import type { HttpAction } from "../http/message.ts";
import { ALL_CALLS, type CallName, LIST_PROJECT } from "./all_calls.ts";
import { FaultPlan } from "./fault_plan.ts";
import { Hooks } from "./hooks.ts";
import { splQueryOf } from "./page_query.ts";
import { type ReadLimits, ReadQuota } from "./read_quota.ts";
import { expire } from "./retention.ts";
import { SlsData } from "./sls_data.ts";

/** How the emulator is set up. */
export interface SlsEmulatorOptions {
  /** Keys that may call. May be changed later through `accessKeys`. */
  readonly accessKeys: readonly AccessKey[];
  readonly projects?: readonly {
    readonly name: string;
    readonly logstores?: readonly NewLogstore[];
    /** Consume processors: the SPL text of each name. */
    readonly processors?: Readonly<Record<string, string>>;
  }[];
  /** The region that version 4 signatures must name; any by default. */
  readonly region?: string;
  /** The error code for a client's wrong clock; `RequestTimeTooSkewed` by default. */
  readonly skewCode?: SkewCode;
  /** Read quotas; none by default. May be changed later through `readLimits`. */
  readonly readLimits?: ReadLimits;
  /** By default 10 MiB pages, 10 MiB writes and 30 groups per logstore. */
  readonly limits?: Partial<Limits>;
  /** The system clock by default. */
  readonly clock?: Clock;
  /** Where to listen; 127.0.0.1 by default. */
  readonly hostname?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** PEM texts; with them the emulator speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/**
 * Alibaba Cloud SLS as its clients see it, in this process, on a real socket: signatures, PutLogs,
 * PullLogs, shards, consumer groups. Data lives in memory and ends with the emulator.
 *
 * ```ts ignore
 * await using sls = SlsEmulator.start({
 *   accessKeys: [{ id: "id", secret: "secret" }],
 *   projects: [{ name: "p", logstores: [{ name: "l", shards: 4 }] }],
 * });
 * sls.faults.next("PullLogs", slsFault(503, "ServerBusy"));
 * sls.onCheckpoint(({ shard, cursor }) => console.log(shard, cursor));
 * ```
 */
export class SlsEmulator implements AsyncDisposable {
  /** What goes wrong, and when. */
  readonly faults = new FaultPlan();
  /** Access key ids of all requests, those that were refused too. */
  readonly keysShown = new Set<string>();
  /** Its content, to write and read without HTTP. */
  readonly data: SlsData;
  readonly #service: SlsService;
  readonly #hooks = new Hooks();
  readonly #readQuota: ReadQuota;
  readonly #server: HttpServer;

  private constructor(options: SlsEmulatorOptions) {
    const { clock = systemClock, accessKeys, region, skewCode, limits } = options;
    const store = new SlsStore(clock, expire);
    this.#readQuota = new ReadQuota(() => clock.monotonicMs());
    this.readLimits = options.readLimits ?? {};
    this.#service = new SlsService({
      clock,
      store,
      accessKeys,
      calls: ALL_CALLS,
      region,
      skewCode,
      limits,
      observer: this.#hooks.observer,
      readMeter: this.#readQuota,
      queryOf: splQueryOf,
    });
    this.data = new SlsData(store);
    for (const { name, logstores = [], processors = {} } of options.projects ?? []) {
      this.data.createProject(name, processors);
      for (const logstore of logstores) this.data.createLogstore(name, logstore);
    }
    const { hostname, port, tls } = options;
    this.#server = HttpServer.start({
      handler: (request) => this.#handle(request),
      clock,
      ...(hostname !== undefined ? { hostname } : {}),
      ...(port !== undefined ? { port } : {}),
      ...(tls ? { tls } : {}),
    });
  }

  /** Listens at once. */
  static start(options: SlsEmulatorOptions): SlsEmulator {
    return new SlsEmulator(options);
  }

  /** Such as `http://127.0.0.1:40123`. */
  get url(): string {
    return this.#server.url;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Keys that may call; may be changed at any time. */
  get accessKeys(): readonly AccessKey[] {
    return this.#service.accessKeys;
  }

  set accessKeys(keys: readonly AccessKey[]) {
    this.#service.accessKeys = keys;
  }

  /** Read quotas; may be changed at any time. */
  get readLimits(): ReadLimits {
    return this.#readQuota.limits;
  }

  set readLimits(limits: ReadLimits) {
    this.#readQuota.limits = limits;
  }

  /**
   * Calls a listener within every accepted UpdateCheckPoint, before it is answered. A listener that
   * throws fails the call, and disposing the emulator throws its error again; the same holds for
   * `onPull` and `onHeartbeat`.
   *
   * @returns the function that removes it.
   */
  onCheckpoint(listener: (event: CheckpointEvent) => void): () => void {
    return this.#hooks.checkpoint.add(listener);
  }

  /**
   * Calls a listener within every answered PullLogs.
   *
   * @returns the function that removes it.
   */
  onPull(listener: (event: PullEvent) => void): () => void {
    return this.#hooks.pull.add(listener);
  }

  /**
   * Calls a listener within every accepted HeartBeat.
   *
   * @returns the function that removes it.
   */
  onHeartbeat(listener: (event: HeartbeatEvent) => void): () => void {
    return this.#hooks.heartbeat.add(listener);
  }

  /** Closes every open connection and keeps listening: a restart, as clients see it. */
  dropConnections(): void {
    this.#server.dropConnections();
  }

  /**
   * Stops listening.
   *
   * @throws what a listener threw.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }

  #handle(request: HttpRequest): HttpAction {
    const [, v1, v4] = /^LOG ([^:]*):|Credential=([^/]*)\//
      .exec(request.headers.get("authorization") ?? "") ?? [];
    this.keysShown.add(v1 ?? v4 ?? "");
    const target = this.#targetOf(request);
    const { project = "", route } = target;
    const fault = this.faults.take({
      call: route ? route.call[1] as CallName : "Unknown",
      project,
      logstore: route?.logstore ?? "",
      shard: route?.shard ?? "",
      group: route?.group ?? "",
      consumer: request.query.get("consumer") ?? "",
    });
    const common = this.#service.commonHeaders();
    if (fault?.when === "before") return fault.answer({ status: 200, headers: common }, common);
    const answer = this.#service.answer(request, target);
    const response = { ...answer, headers: { ...common, ...answer.headers } };
    return fault?.answer(response, common) ?? { do: "respond", response };
  }

  #targetOf(request: HttpRequest): Target {
    const target = this.#service.targetOf(request);
    const { project, route } = target;
    if (route?.call[1] !== "GetProject") return target;
    if (project !== undefined && !request.query.has("size")) return target;
    return { project, route: { ...route, call: LIST_PROJECT } };
  }
}
