import { type Clock, systemClock } from "../../base/clock.ts";
import { HttpServer } from "../http/http_server.ts";
import type { HttpAction, HttpRequest, HttpResponse } from "../http/message.ts";
import { type AccessKey, checkPermission } from "../core/sls/access_key.ts";
import { answerCall } from "./answer_call.ts";
import { authenticate } from "../core/sls/authenticate.ts";
import { CallContext, type Limits } from "../core/sls/call_context.ts";
import { FaultPlan } from "./fault_plan.ts";
import { type CheckpointEvent, type HeartbeatEvent, Hooks, type PullEvent } from "./hooks.ts";
import { projectOfHost } from "../core/sls/project_of_host.ts";
import { type ReadLimits, ReadQuota } from "./read_quota.ts";
import type { SkewCode } from "../core/sls/request_time.ts";
import { ramActions, type Route, routeRequest } from "../core/sls/route_request.ts";
import { SlsData } from "./sls_data.ts";
import { SlsError } from "../core/sls/sls_error.ts";
import { type NewLogstore, SlsStore } from "../core/sls/sls_store.ts";

/** How the emulator is set up. */
export interface SlsEmulatorOptions {
  /** Who may call. May be changed later through `accessKeys`. */
  readonly accessKeys: readonly AccessKey[];
  readonly projects?: readonly {
    readonly name: string;
    readonly logstores?: readonly NewLogstore[];
    /** Consume processors: the SPL text of each name. */
    readonly processors?: Readonly<Record<string, string>>;
  }[];
  /** The region that version 4 signatures must name; any by default. */
  readonly region?: string;
  /** What a client's wrong clock is called: `RequestTimeTooSkewed` by default. */
  readonly skewCode?: SkewCode;
  /** Read quotas; none by default. May be changed later through `readLimits`. */
  readonly readLimits?: ReadLimits;
  /** 10 MiB pages, 10 MiB writes and 30 groups a logstore by default. */
  readonly limits?: Partial<Limits>;
  /** The host's own by default. */
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
  /** Who may call; may be changed at any time. */
  accessKeys: readonly AccessKey[];
  /** What goes wrong, and when. */
  readonly faults = new FaultPlan();
  /** Its content, for writing and looking without HTTP. */
  readonly data: SlsData;
  readonly #options: SlsEmulatorOptions;
  readonly #clock: Clock;
  readonly #store: SlsStore;
  readonly #hooks = new Hooks();
  readonly #readQuota: ReadQuota;
  readonly #limits: Limits;
  readonly #server: HttpServer;
  #requests = 0;

  private constructor(options: SlsEmulatorOptions) {
    this.#options = options;
    this.accessKeys = options.accessKeys;
    this.#clock = options.clock ?? systemClock;
    this.#store = new SlsStore(this.#clock);
    this.#readQuota = new ReadQuota(() => this.#clock.monotonicMs());
    this.readLimits = options.readLimits ?? {};
    const mib = 1024 * 1024;
    this.#limits = {
      pageMaxBytes: 10 * mib,
      writeMaxBytes: 10 * mib,
      consumerGroupsPerLogstore: 30,
      ...options.limits,
    };
    this.data = new SlsData(this.#store);
    for (const { name, logstores = [], processors = {} } of options.projects ?? []) {
      this.data.createProject(name, processors);
      for (const logstore of logstores) this.data.createLogstore(name, logstore);
    }
    const { hostname, port, tls } = options;
    this.#server = HttpServer.start({
      handler: (request) => this.#handle(request),
      clock: this.#clock,
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

  /** Read quotas; may be changed at any time. */
  get readLimits(): ReadLimits {
    return this.#readQuota.limits;
  }

  set readLimits(limits: ReadLimits) {
    this.#readQuota.limits = limits;
  }

  /**
   * Calls a listener within every accepted UpdateCheckPoint, before it is answered. A listener that
   * throws fails the call, and the end of the emulator throws it again; so with the other two.
   * @returns the function that takes it off.
   */
  onCheckpoint(listener: (event: CheckpointEvent) => void): () => void {
    return this.#hooks.checkpoint.add(listener);
  }

  /** Calls a listener within every answered PullLogs. @returns the function that takes it off. */
  onPull(listener: (event: PullEvent) => void): () => void {
    return this.#hooks.pull.add(listener);
  }

  /** Calls a listener within every accepted HeartBeat. @returns the function that takes it off. */
  onHeartbeat(listener: (event: HeartbeatEvent) => void): () => void {
    return this.#hooks.heartbeat.add(listener);
  }

  /** Closes every open connection and keeps listening: a restart, as clients see it. */
  dropConnections(): void {
    this.#server.dropConnections();
  }

  /** Stops listening. @throws what a listener threw. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }

  #handle(request: HttpRequest): HttpAction {
    const names = [...this.#store.projects.keys()];
    const project = projectOfHost(request.headers.get("host") ?? "", names);
    const route = this.#route(request, project);
    const fault = this.faults.take({
      call: route?.call ?? "Unknown",
      project: project ?? "",
      logstore: route?.logstore ?? "",
      shard: route?.shard ?? "",
      group: route?.group ?? "",
      consumer: request.query.get("consumer") ?? "",
    });
    const common = this.#commonHeaders();
    if (fault?.when === "before") return fault.answer({ status: 200, headers: common }, common);
    const answer = this.#answer(request, route, project ?? "");
    const response = { ...answer, headers: { ...common, ...answer.headers } };
    return fault?.answer(response, common) ?? { do: "respond", response };
  }

  #route({ method, path, query }: HttpRequest, project: string | undefined): Route | undefined {
    const route = routeRequest(method, path, query);
    const ofEndpoint = project === undefined || query.has("size");
    return route?.call === "GetProject" && ofEndpoint ? { ...route, call: "ListProject" } : route;
  }

  #answer(request: HttpRequest, route: Route | undefined, project: string): HttpResponse {
    try {
      return this.#call(request, route, project);
    } catch (error) {
      if (!(error instanceof SlsError)) throw error;
      return {
        status: error.status,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ errorCode: error.code, errorMessage: error.message }),
      };
    }
  }

  #call(request: HttpRequest, route: Route | undefined, projectName: string): HttpResponse {
    const key = authenticate(request, {
      accessKeys: this.accessKeys,
      region: this.#options.region,
      nowMs: this.#clock.nowMs(),
      skewCode: this.#options.skewCode ?? "RequestTimeTooSkewed",
    });
    if (!route) {
      throw new SlsError(405, "InvalidMethod", `invalid request method : ${request.path}`);
    }
    const region = this.#options.region ?? "cn-hangzhou";
    const context = new CallContext(request, route, projectName, {
      store: this.#store,
      clock: this.#clock,
      hooks: this.#hooks,
      readQuota: this.#readQuota,
      limits: this.#limits,
      region,
    });
    checkPermission(key, ramActions[route.call], resourceOf(route, projectName, region));
    return answerCall(context);
  }

  #commonHeaders(): Record<string, string> {
    const { nowSec } = this.#store;
    const count = (this.#requests = (this.#requests + 1) % 2 ** 32);
    return {
      "Server": "AliyunSLS",
      "Access-Control-Allow-Origin": "*",
      "Date": new Date(this.#clock.nowMs()).toUTCString(),
      "x-log-time": String(nowSec),
      // 24 upper-case hex digits, as the real ones; here the time and a count.
      "x-log-requestid": hex(nowSec, 8) + hex(count, 16),
    };
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** A RAM resource, as denials name it. */
function resourceOf(route: Route, project: string, region: string): string {
  const group = route.group === "" ? "" : `/consumergroup/${route.group}`;
  const logstore = route.logstore === "" ? "" : `/logstore/${route.logstore}${group}`;
  return `acs:log:${region}:0:project/${project}${logstore}`;
}
