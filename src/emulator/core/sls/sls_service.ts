import type { Clock } from "../../../base/clock.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { type AccessKey, checkPermission } from "./access_key.ts";
import { type ApiCall, type Route, routeRequest } from "./api_calls.ts";
import { authenticate } from "./authenticate.ts";
import { CallContext, type CallPorts, type Limits, type ReadMeter } from "./call_context.ts";
import type { SlsObserver } from "./events.ts";
import { projectOfHost } from "./project_of_host.ts";
import type { SkewCode } from "./request_time.ts";
import { SlsError } from "./sls_error.ts";
import type { SlsStore } from "./sls_store.ts";

const MIB = 1024 * 1024;
const DEFAULT_LIMITS: Limits = {
  pageMaxBytes: 10 * MIB,
  writeMaxBytes: 10 * MIB,
  consumerGroupsPerLogstore: 30,
};

interface SlsServiceOptions {
  readonly clock: Clock;
  readonly store: SlsStore;
  readonly accessKeys: readonly AccessKey[];
  /** The calls that are served; the first that fits a request counts. */
  readonly calls: readonly ApiCall[];
  /** The region that version 4 signatures must name; any by default. */
  readonly region?: string | undefined;
  /** The error code for a client's wrong clock; `RequestTimeTooSkewed` by default. */
  readonly skewCode?: SkewCode | undefined;
  /** By default 10 MiB pages, 10 MiB writes and 30 groups per logstore. */
  readonly limits?: Partial<Limits> | undefined;
  readonly observer?: SlsObserver | undefined;
  /** Counts reads; no limit by default. */
  readonly readMeter?: ReadMeter | undefined;
  /** Reads the query of a PullLogs; by default queries are refused. */
  readonly queryOf?: CallPorts["queryOf"];
}

/** What a request is about. */
export interface Target {
  /** From the `Host` header; undefined if it names none. */
  readonly project: string | undefined;
  /** Undefined for what is not a call of the API. */
  readonly route: Route | undefined;
}

/** Answers requests as Alibaba Cloud SLS does: checks the signature, finds the call, makes it. */
export class SlsService {
  /** Keys that may call; may be changed at any time. */
  accessKeys: readonly AccessKey[];
  readonly #calls: readonly ApiCall[];
  readonly #requiredRegion: string | undefined;
  readonly #skewCode: SkewCode;
  readonly #ports: CallPorts;
  #requests = 0;

  constructor(options: SlsServiceOptions) {
    this.accessKeys = options.accessKeys;
    this.#calls = options.calls;
    this.#requiredRegion = options.region;
    this.#skewCode = options.skewCode ?? "RequestTimeTooSkewed";
    this.#ports = {
      store: options.store,
      clock: options.clock,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      region: options.region ?? "cn-hangzhou",
      observer: options.observer ?? {},
      readMeter: options.readMeter,
      queryOf: options.queryOf,
    };
  }

  /** Answers a request completely. */
  handle(request: HttpRequest): HttpResponse {
    const common = this.commonHeaders();
    const answer = this.answer(request, this.targetOf(request));
    return { ...answer, headers: { ...common, ...answer.headers } };
  }

  targetOf({ method, path, query, headers }: HttpRequest): Target {
    const projects = [...this.#ports.store.projects.keys()];
    return {
      project: projectOfHost(headers.get("host") ?? "", projects),
      route: routeRequest(this.#calls, method, path, query),
    };
  }

  /** The answer of the call, an error included, without the headers that all answers have. */
  answer(request: HttpRequest, target: Target): HttpResponse {
    try {
      return this.#call(request, target);
    } catch (error) {
      if (!(error instanceof SlsError)) throw error;
      return {
        status: error.status,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ errorCode: error.code, errorMessage: error.message }),
      };
    }
  }

  /** The headers that every answer has. Counts one request. */
  commonHeaders(): Record<string, string> {
    const { store, clock } = this.#ports;
    const { nowSec } = store;
    const count = (this.#requests = (this.#requests + 1) % 2 ** 32);
    return {
      "Server": "AliyunSLS",
      "Access-Control-Allow-Origin": "*",
      "Date": new Date(clock.nowMs()).toUTCString(),
      "x-log-time": String(nowSec),
      // 24 upper-case hex digits, like the real ones; here the time and a count.
      "x-log-requestid": hex(nowSec, 8) + hex(count, 16),
    };
  }

  #call(request: HttpRequest, { project = "", route }: Target): HttpResponse {
    const key = authenticate(request, {
      accessKeys: this.accessKeys,
      region: this.#requiredRegion,
      nowMs: this.#ports.clock.nowMs(),
      skewCode: this.#skewCode,
    });
    if (!route) {
      throw new SlsError(405, "InvalidMethod", `invalid request method : ${request.path}`);
    }
    const [, , ramAction, answer] = route.call;
    checkPermission(key, ramAction, resourceOf(route, project, this.#ports.region));
    return answer(new CallContext(request, route, project, this.#ports));
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

/** A RAM resource, as the text of a denial names it. */
function resourceOf(route: Route, project: string, region: string): string {
  const group = route.group === "" ? "" : `/consumergroup/${route.group}`;
  const logstore = route.logstore === "" ? "" : `/logstore/${route.logstore}${group}`;
  return `acs:log:${region}:0:project/${project}${logstore}`;
}
