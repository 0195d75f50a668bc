import process from "node:process";
import { LoadHec } from "./load_hec.ts";
import type { LoadKind } from "./load_logs.ts";
import { groupsFor, makeLoadPage } from "./load_page.ts";
import { LoadSls } from "./load_sls.ts";

/** Number of different pages: more would exceed the CPU caches, fewer would profit from them. */
const PAGES = 4;

export interface LoadOptions {
  readonly kind: LoadKind;
  /** Of one page, before compression. */
  readonly pageBytes: number;
  /** Shards of each logstore. */
  readonly shards: number;
  /** Raw bytes per second, over all shards; undefined: no limit. */
  readonly maxBytesPerSec?: number | undefined;
  /** Whether pages say that they reach the end of their shard. Default false. */
  readonly caughtUp?: boolean | undefined;
  /** PEM texts; without them plain HTTP. */
  readonly slsTls?: { readonly cert: string; readonly key: string } | undefined;
  readonly hecTls?: { readonly cert: string; readonly key: string } | undefined;
}

/** What the servers have served and received so far. */
export interface LoadCounts {
  readonly pulledRawBytes: number;
  readonly pulledPages: number;
  readonly pulledLogs: number;
  readonly finishedRawBytes: number;
  readonly firstPullMs: number | undefined;
  readonly requests: number;
  readonly wireBytes: number;
  /** CPU-seconds of the serving thread; undefined where the runtime does not report them. */
  readonly threadCpuSec: number | undefined;
}

/** An endless SLS and a HEC that accepts everything, on loopback, for measuring a client. */
export class LoadServers implements AsyncDisposable {
  readonly #sls: LoadSls;
  readonly #hec = new LoadHec();
  readonly #servers: Deno.HttpServer<Deno.NetAddr>[];
  readonly slsUrl: string;
  readonly hecUrl: string;

  constructor(options: LoadOptions, random: () => number) {
    const { kind, pageBytes, shards, maxBytesPerSec, caughtUp = false } = options;
    const { slsTls, hecTls } = options;
    const groups = groupsFor(kind, pageBytes, random); // cursors count groups: every page has the same number
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

/** CPU-seconds of this thread; older versions of the runtime do not report them. */
function threadCpuSec(): number | undefined {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => NodeJS.CpuUsage };
  if (!threadCpuUsage) return undefined;
  const { user, system } = threadCpuUsage();
  return (user + system) / 1e6;
}
