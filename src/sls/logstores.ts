import { listOf, numberOf, valueOf } from "./json_answer.ts";
import type { SlsRequester } from "./requester.ts";
import { SlsError } from "./sls_error.ts";
import { logstoreName } from "./sls_values.ts";

/** Names in one answer; SLS has at most as many, whatever is asked for. */
const PAGE_SIZE = 500;
/** Most names that are read of one project. */
const MAX_LOGSTORES = 20_000;

interface Page {
  /** Names on all pages. */
  readonly total: number;
  readonly names: readonly string[];
}

/** The call that lists the logstores of a project. */
export class Logstores {
  readonly #requester: SlsRequester;
  readonly #project: string;

  /**
   * @param requester Of the project.
   */
  constructor(requester: SlsRequester, project: string) {
    this.#requester = requester;
    this.#project = project;
  }

  /**
   * ListLogStores: the names of all logstores that are no metric stores.
   *
   * What the list of `telemetryType=None` has is described in two ways by the vendor, so all are listed, and those of
   * `Metrics` are taken away. A service that does not know that filter answers with the same list for both: then each
   * logstore that `isWanted` is asked for its type.
   */
  async names(isWanted: (name: string) => boolean, signal?: AbortSignal): Promise<string[]> {
    const all = await this.#list(undefined, signal);
    const wanted = all.filter(isWanted);
    if (wanted.length === 0) return [];
    const metrics = new Set(await this.#list("Metrics", signal));
    if (metrics.size < all.length) return wanted.filter((name) => !metrics.has(name));
    const names: string[] = [];
    for (const name of wanted) {
      if (!await this.#hasMetrics(name, signal)) names.push(name);
    }
    return names;
  }

  async #list(telemetryType: string | undefined, signal?: AbortSignal): Promise<string[]> {
    const names = new Set<string>();
    for (let offset = 0;;) {
      const page = await this.#page(offset, telemetryType, signal);
      for (const name of page.names) names.add(name);
      offset += page.names.length;
      if (page.names.length === 0 || offset >= page.total || names.size >= MAX_LOGSTORES) {
        return [...names].slice(0, MAX_LOGSTORES);
      }
    }
  }

  async #page(
    offset: number,
    telemetryType: string | undefined,
    signal?: AbortSignal,
  ): Promise<Page> {
    const query = {
      offset: String(offset),
      size: String(PAGE_SIZE),
      ...(telemetryType !== undefined && { telemetryType }),
    };
    try {
      return await this.#requester.callJson(
        { name: `ListLogStores of ${this.#project}`, method: "GET", path: "/logstores", query },
        { expected: "a list of logstores", check: pageOf },
        signal,
      );
    } catch (error) {
      throw this.#explained(error, "log:ListLogStores");
    }
  }

  /** GetLogStore: whether it is a metric store. */
  async #hasMetrics(name: string, signal?: AbortSignal): Promise<boolean> {
    const call = this.#requester.callJson(
      {
        name: `GetLogStore ${this.#project}/${name}`,
        method: "GET",
        path: `/logstores/${encodeURIComponent(name)}`,
      },
      {
        expected: "a logstore",
        check: (json) => {
          const isLogstore = typeof json === "object" && json !== null;
          return isLogstore ? valueOf(json, "telemetryType") === "Metrics" : undefined;
        },
      },
      signal,
    );
    try {
      return await call;
    } catch (error) {
      throw this.#explained(error, "log:GetLogStore");
    }
  }

  /** A denial has the same status and code as a wrong key; its text says which it is. */
  #explained(error: unknown, action: string): unknown {
    if (!(error instanceof SlsError) || error.kind !== "credentials") return error;
    if (!/denied by (?:sts or ram|project policy)/i.test(error.message)) return error;
    const { kind, message, status, code, requestId } = error;
    const explained = new SlsError(kind, message, {
      status,
      code,
      requestId,
      cause: error,
      hint: `Allow the action ${action} on ` +
        `acs:log:*:*:project/${this.#project}/logstore/*, which patterns need, or name the logstores`,
    });
    explained.sentTo = error.sentTo;
    return explained;
  }
}

function pageOf(json: unknown): Page | undefined {
  const names = listOf(valueOf(json, "logstores"), "logstores", PAGE_SIZE, logstoreName);
  const total = numberOf(json, "total");
  return names && total !== undefined ? { total, names } : undefined;
}
