import { decodeCursor, encodeCursor } from "../core/sls/cursor.ts";
import type { LoadPage } from "./load_page.ts";

/** The retention that GetLogStore reports. */
const TTL_DAYS = 30;

interface LoadSlsOptions {
  /** Served in turn; all with the same number of log groups. */
  readonly pages: readonly LoadPage[];
  readonly shards: number;
  /** Maximum of raw bytes per second, over all shards; undefined: no limit. */
  readonly maxBytesPerSec: number | undefined;
  /** Whether each page says that it reaches the end of its shard, as for a client that keeps up. */
  readonly caughtUp: boolean;
  readonly nowMs: () => number;
}

/**
 * The calls of a consumer, answered from prepared bytes: to load a client, not to check it. It accepts
 * every signature, has every project and logstore, and its shards have no end.
 */
export class LoadSls {
  readonly #options: LoadSlsOptions;
  readonly #pages: readonly (LoadPage & { readonly headers: Record<string, string> })[];
  readonly #groupsPerPage: bigint;
  /** By logstore and shard, the log groups before the checkpoint. */
  readonly #checkpoints = new Map<string, bigint>();
  #pulledRawBytes = 0;
  #pulledPages = 0;
  #pulledLogs = 0;
  #firstPullMs: number | undefined;
  /** When the rate allows the next page. */
  #nextPageMs = 0;

  constructor(options: LoadSlsOptions) {
    this.#options = options;
    this.#groupsPerPage = BigInt(options.pages[0]!.groups);
    this.#pages = options.pages.map((page) => ({
      ...page,
      headers: {
        "Content-Type": "application/x-protobuf",
        "x-log-count": String(page.groups),
        "x-log-bodyrawsize": String(page.raw.length),
        "x-log-compresstype": "lz4",
        "x-log-end-of-cursor": "0",
      },
    }));
  }

  get pulledRawBytes(): number {
    return this.#pulledRawBytes;
  }

  get pulledPages(): number {
    return this.#pulledPages;
  }

  get pulledLogs(): number {
    return this.#pulledLogs;
  }

  /** Time of the first pull, in milliseconds since 1970. */
  get firstPullMs(): number | undefined {
    return this.#firstPullMs;
  }

  /** Raw bytes before the checkpoints: what the client reports as delivered. */
  get finishedRawBytes(): number {
    const { pages } = this.#options;
    const bytesPerRound = pages.reduce((sum, { raw }) => sum + raw.length, 0);
    let bytes = 0;
    for (const groups of this.#checkpoints.values()) {
      const finished = Number(groups / this.#groupsPerPage);
      bytes += Math.floor(finished / pages.length) * bytesPerRound;
      for (const { raw } of pages.slice(0, finished % pages.length)) bytes += raw.length;
    }
    return bytes;
  }

  async answer(request: Request): Promise<Response> {
    // Not by `URL` alone: a project in front of an IP address is no valid host.
    const path = request.url.slice(request.url.indexOf("/", "https://".length));
    const { pathname, searchParams } = new URL(path, "http://localhost");
    const [, , logstore, what, name] = pathname.split("/");
    const type = searchParams.get("type");
    if (what === "shards" && name !== undefined) {
      if (type === "cursor") return Response.json({ cursor: encodeCursor(0n) });
      if (type === "cursor_time") {
        return Response.json({ cursor_time: Math.floor(this.#options.nowMs() / 1000) });
      }
      return this.#pull(searchParams.get("cursor") ?? "");
    }
    if (what === "shards") return this.#listShards();
    if (what === undefined) return Response.json({ logstoreName: logstore, ttl: TTL_DAYS });
    if (type === "heartbeat") {
      await request.body?.cancel();
      return Response.json(Array.from({ length: this.#options.shards }, (_, shard) => shard));
    }
    if (type === "checkpoint") return await this.#checkpoint(`${logstore}`, request);
    if (request.method === "GET" && name !== undefined) return this.#noCheckpoints(searchParams);
    await request.body?.cancel();
    return request.method === "GET" ? Response.json([]) : new Response("");
  }

  #listShards(): Response {
    return Response.json(
      Array.from({ length: this.#options.shards }, (_, shardID) => ({
        shardID,
        status: "readwrite",
        inclusiveBeginKey: "00000000000000000000000000000000",
        exclusiveEndKey: "ffffffffffffffffffffffffffffffff",
        createTime: 1,
      })),
    );
  }

  /** Empty checkpoints of the shard in `shard`, or of all: every client starts at the beginning. */
  #noCheckpoints(searchParams: URLSearchParams): Response {
    const asked = searchParams.get("shard");
    const shards = asked === null
      ? Array.from({ length: this.#options.shards }, (_, shard) => shard)
      : [Number(asked)];
    return Response.json(
      shards.map((shard) => ({ shard, checkpoint: "", updateTime: 0, consumer: "" })),
    );
  }

  #pull(cursor: string): Response {
    const { nowMs, maxBytesPerSec, caughtUp } = this.#options;
    this.#firstPullMs ??= nowMs();
    const at = decodeCursor(cursor) ?? 0n;
    if (maxBytesPerSec !== undefined && nowMs() < this.#nextPageMs) return nothingNew(cursor);
    const page = this.#pages[Number(at / this.#groupsPerPage) % this.#pages.length]!;
    if (maxBytesPerSec !== undefined) {
      const earliestMs = Math.max(this.#nextPageMs, nowMs() - 1000); // pages that were not pulled in time are not made up for
      this.#nextPageMs = earliestMs + page.raw.length / maxBytesPerSec * 1000;
    }
    this.#pulledRawBytes += page.raw.length;
    this.#pulledPages++;
    this.#pulledLogs += page.logs;
    return new Response(page.body, {
      headers: {
        ...page.headers,
        "x-log-cursor": encodeCursor(at + this.#groupsPerPage),
        ...(caughtUp && { "x-log-end-of-cursor": "1" }),
      },
    });
  }

  async #checkpoint(logstore: string, request: Request): Promise<Response> {
    const { shard, checkpoint } = await request.json() as { shard: number; checkpoint: string };
    this.#checkpoints.set(
      `${request.headers.get("host")}/${logstore}/${shard}`,
      decodeCursor(checkpoint) ?? 0n,
    );
    return new Response("");
  }
}

function nothingNew(cursor: string): Response {
  return new Response("", {
    headers: {
      "x-log-cursor": cursor,
      "x-log-count": "0",
      "x-log-bodyrawsize": "0",
      "x-log-compresstype": "lz4",
      "x-log-end-of-cursor": "1",
    },
  });
}
