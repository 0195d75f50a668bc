import process from "node:process";
import { LoadHec } from "./load_hec.ts";
import type { LoadKind } from "./load_logs.ts";
import { groupsFor, makeLoadPage } from "./load_page.ts";
import { LoadSls } from "./load_sls.ts";

/** Different pages: more would not fit the caches, fewer would suit them too well. */
const PAGES = 4;

export interface LoadOptions {
  readonly kind: LoadKind;
  /** Of one page, before compression. */
  readonly pageBytes: number;
  /** Of each logstore. */
  readonly shards: number;
  /** Raw bytes a second, over all shards; undefined: as fast as they are asked for. */
  readonly maxBytesPerSec?: number | undefined;
  /** Whether pages say that they reach the end of their shard. Default false. */
  readonly caughtUp?: boolean | undefined;
  /** PEM texts; without them plain HTTP. */
  readonly slsTls?: { readonly cert: string; readonly key: string } | undefined;
  readonly hecTls?: { readonly cert: string; readonly key: string } | undefined;
}

/** What has gone through the servers so far. */
export interface LoadCounts {
  readonly pulledRawBytes: number;
  readonly pulledPages: number;
  readonly pulledLogs: number;
  readonly finishedRawBytes: number;
  readonly firstPullMs: number | undefined;
  readonly requests: number;
  readonly wireBytes: number;
  /** CPU-seconds of the thread that serves, where the runtime can tell. */
  readonly threadCpuSec: number | undefined;
}

/** An endless SLS and a bottomless HEC on loopback, for measuring a client. */
export class LoadServers implements AsyncDisposable {
  readonly #sls: LoadSls;
  readonly #hec = new LoadHec();
  readonly #servers: Deno.HttpServer<Deno.NetAddr>[];
  readonly slsUrl: string;
  readonly hecUrl: string;

  constructor(options: LoadOptions, random: () => number) {
    const { kind, pageBytes, shards, maxBytesPerSec, caughtUp = false } = options;
    const { slsTls, hecTls } = options;
    const groups = groupsFor(kind, pageBytes, random); // cursors count them: every page holds as many
    const pages = Array.from({ length: PAGES }, () => makeLoadPage(kind, groups, random));
    this.#sls = new LoadSls({ pages, shards, maxBytesPerSec, caughtUp, nowMs: Date.now });
    const sls = serve(slsTls, (request) => this.#sls.answer(request));
    const hec = serve(hecTls, (request) => this.#hec.answer(request));
    this.#servers = [sls, hec];
    this.slsUrl = `http${slsTls ? "s" : ""}://127.0.0.1:${sls.addr.port}`;
    this.hecUrl = `http${hecTls ? "s" : ""}://127.0.0.1:${hec.addr.port}`;
  }

  get counts(): LoadCounts {
    return {
      pulledRawBytes: this.#sls.pulledRawBytes,
      pulledPages: this.#sls.pulledPages,
      pulledLogs: this.#sls.pulledLogs,
      finishedRawBytes: this.#sls.finishedRawBytes,
      firstPullMs: this.#sls.firstPullMs,
      requests: this.#hec.requests,
      wireBytes: this.#hec.wireBytes,
      threadCpuSec: threadCpuSec(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.shutdown()));
  }
}

function serve(
  tls: LoadOptions["slsTls"],
  handler: (request: Request) => Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls }, handler);
}

/** CPU-seconds of this thread; older versions of the runtime cannot tell. */
function threadCpuSec(): number | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (!threadCpuUsage) return undefined;
  const { user, system } = threadCpuUsage();
  return (user + system) / 1e6;
}
