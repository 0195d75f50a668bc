import type { Clock } from "../../../base/clock.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { LogstoreRef, SlsObserver } from "./events.ts";
import type { GroupState } from "./group_state.ts";
import type { Logstore } from "./logstore.ts";
import type { PageQuery } from "./read_page.ts";
import type { Shard } from "./shard.ts";
import { missingQueryKey, parameterInvalid, SlsError } from "./sls_error.ts";
import type { Project, SlsStore } from "./sls_store.ts";

/** Bounds of single calls. */
export interface Limits {
  /** Bytes of a PullLogs answer before compression; an answer holds at least one group. */
  readonly pageMaxBytes: number;
  /** Bytes of a PutLogs body, both as sent and decompressed. */
  readonly writeMaxBytes: number;
  readonly consumerGroupsPerLogstore: number;
}

/** Counts reads, and refuses those above a limit. */
export interface ReadMeter {
  /**
   * Counts one read before it is made.
   *
   * @throws {SlsError} 403 when a limit is reached.
   */
  begin(project: string, logstore: string, shard: number): void;
  /** Counts the bytes that were read, before any query. */
  end(project: string, logstore: string, shard: number, bytes: number): void;
}

/** What all calls share. */
export interface CallPorts {
  readonly store: SlsStore;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly region: string;
  readonly observer: SlsObserver;
  /** Undefined: reads have no limit. */
  readonly readMeter: ReadMeter | undefined;
  /** The query that a PullLogs asks for; undefined: queries are refused. */
  readonly queryOf: ((context: CallContext) => PageQuery | undefined) | undefined;
}

/**
 * One API call: computes its answer.
 *
 * @throws {SlsError} if it is refused.
 */
export type Call = (context: CallContext) => HttpResponse;

/** The names in the path of a call; empty where the path has none. */
export interface PathNames {
  readonly logstore: string;
  /** As in the path: not necessarily a number. */
  readonly shard: string;
  readonly group: string;
}

/** What one call works on. The getters throw an SlsError if the object does not exist. */
export class CallContext {
  readonly request: HttpRequest;
  readonly names: PathNames;
  readonly ports: CallPorts;
  readonly #projectName: string;

  constructor(request: HttpRequest, names: PathNames, projectName: string, ports: CallPorts) {
    this.request = request;
    this.names = names;
    this.ports = ports;
    this.#projectName = projectName;
  }

  get project(): Project {
    return this.ports.store.project(this.#projectName);
  }

  get logstore(): Logstore {
    return this.ports.store.logstore(this.project, this.names.logstore);
  }

  get shard(): Shard {
    const { logstore, names } = this;
    if (!/^\d{1,9}$/.test(names.shard)) throw parameterInvalid("invalid shard id");
    return logstore.shard(Number(names.shard));
  }

  get group(): GroupState {
    const group = this.logstore.groups.get(this.names.group);
    if (!group) throw consumerGroupNotExist();
    return group;
  }

  /** The logstore, for events. */
  get ref(): LogstoreRef {
    return { project: this.#projectName, logstore: this.names.logstore };
  }

  /**
   * A query value that must not be empty.
   *
   * @throws {SlsError} 400 `MissingParameter`.
   */
  required(key: string): string {
    const value = this.request.query.get(key);
    if (!value) throw missingQueryKey(key);
    return value;
  }

  /**
   * The body as JSON.
   *
   * @throws {SlsError} 400 `PostBodyInvalid`, or for a wrong content type.
   */
  json(): unknown {
    const { headers, body } = this.request;
    const type = headers.get("content-type");
    if (body.length > 0) expectContentType(type, "application/json");
    try {
      return JSON.parse(new TextDecoder().decode(body));
    } catch {
      throw new SlsError(400, "PostBodyInvalid", "body is not valid JSON");
    }
  }

  /**
   * The body as a JSON object.
   *
   * @throws {SlsError} as `json`.
   */
  jsonFields(): Record<string, unknown> {
    const value = this.json();
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    throw new SlsError(400, "PostBodyInvalid", "body is not a JSON object");
  }
}

/** 404 `ConsumerGroupNotExist`. */
export function consumerGroupNotExist(): SlsError {
  return new SlsError(404, "ConsumerGroupNotExist", "consumer group not exist");
}

/**
 * @throws {SlsError} 400 `MissingContentType` or 415 `InvalidContentType`.
 */
export function expectContentType(type: string | null, expected: string): void {
  if (type === null) {
    const message = "Content-Type does not exist in http header when body is not empty.";
    throw new SlsError(400, "MissingContentType", message);
  }
  if (!type.toLowerCase().startsWith(expected)) {
    throw new SlsError(415, "InvalidContentType", `Content-Type ${type} is unsupported.`);
  }
}

/** 200 without a body: the answer of calls that return nothing. */
export const done: HttpResponse = { status: 200 };

/** 200 with JSON. */
export function jsonAnswer(value: unknown): HttpResponse {
  return {
    status: 200,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  };
}
