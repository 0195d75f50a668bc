import { type AppDeps, readPem, systemDeps } from "./app_deps.ts";
import { systemClock } from "./base/clock.ts";
import { TaskGroup } from "./base/task_group.ts";
import type { Config, SourceConfig } from "./config/config.ts";
import type { StartPosition } from "./config/start_position.ts";
import type { StartPlace } from "./consumer/ports.ts";
import { SourceConsumer } from "./consumer/source_consumer.ts";
import { DeadLetterFolder } from "./hec/dead_letter_folder.ts";
import type { HecClient } from "./hec/hec_client.ts";
import { Route } from "./hec/route.ts";
import { makeHecClient, proxyUrl } from "./make_hec_client.ts";
import { BatchMemory, bytesPerBatch } from "./pipeline/batch_memory.ts";
import { InIsolatePlane } from "./pipeline/in_isolate_plane.ts";
import { Ledger, type LedgerEntry } from "./pipeline/ledger.ts";
import { LedgerFile } from "./pipeline/ledger_file.ts";
import { MemoryShares } from "./pipeline/memory_shares.ts";
import { PageMemory } from "./pipeline/page_memory.ts";
import { FIRST_RESERVATION_BYTES } from "./pipeline/page_puller.ts";
import { startProgramLog } from "./observe/program_log.ts";
import { ConsumerGroup } from "./sls/consumer_group.ts";
import { fixedCredentials } from "./sls/credentials.ts";
import { PullLogs } from "./sls/pull_logs.ts";
import { SlsRequester } from "./sls/requester.ts";
import { Shards } from "./sls/shards.ts";

/** The part of the memory budget that pulled pages may take; batches take the rest. */
const PAGE_SHARE = 0.5;

/** What a run came to. */
export interface AppEnd {
  /** Shards that had logs in hand when the time to drain was over; they stay in SLS. */
  readonly abandonedShards: number;
}

/**
 * Forwards as configured until `stop` aborts, with its own log.
 * @param userAgent Product and version, for both servers.
 * @throws {HintedError} when a file that the configuration names cannot be used.
 */
export async function runApp(
  config: Config,
  userAgent: string,
  stop: AbortSignal,
): Promise<AppEnd> {
  await using log = await startProgramLog({ ...config.log, clock: systemClock });
  return await new App(config, systemDeps(log.telemetry, userAgent)).run(stop);
}

/** Forwards the logs of all configured sources. */
export class App {
  readonly #config: Config;
  readonly #deps: AppDeps;
  readonly #ledger = new Ledger();

  constructor(config: Config, deps: AppDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** What became of the logs so far. */
  get ledger(): LedgerEntry[] {
    return this.#ledger.entries();
  }

  /**
   * Runs until `stop` aborts and what is in hand is delivered, or the time for that is over.
   * @throws {HintedError} when a certificate file cannot be read; every failure of the outside is tried again instead.
   */
  async run(stop: AbortSignal): Promise<AppEnd> {
    const config = this.#config;
    const { clock, random, telemetry } = this.#deps;
    for (const { scheme, host, base } of config.hec.urls) {
      if (scheme === "http" && !isLoopback(host)) telemetry({ type: "hec_unencrypted", url: base });
    }
    const { ledger } = config;
    using ledgerFile = ledger.file === undefined ? undefined : new LedgerFile(ledger.file, clock);
    this.#ledger.file = ledgerFile;
    const hec = makeHecClient(config.hec, this.#deps);
    const { pages, batches } = this.#memory();
    using slsClient = this.#slsHttpClient();
    await using deadLetters = new DeadLetterFolder({
      ...config.deadLetters,
      clock,
      random,
      telemetry,
    });
    let abandonedShards = 0;
    const hecStop = new AbortController();
    await using background = new TaskGroup(hecStop.signal);
    background.spawn("hec", (signal) => hec.run(signal));
    try {
      await using sources = new TaskGroup();
      for (const source of config.sources) {
        const consumer = this.#consumer(source, {
          pageMemory: new PageMemory(pages.next()),
          batchMemory: new BatchMemory(batches.next(), config.hec.batch.maxBytes),
          hec,
          deadLetters,
          slsClient,
        });
        sources.spawn(this.#nameOf(source), async (failed) => {
          abandonedShards += await consumer.run(AbortSignal.any([stop, failed]));
        });
      }
    } finally {
      hecStop.abort(new DOMException("Everything is delivered", "AbortError"));
    }
    return { abandonedShards };
  }

  /** The memory budget, divided between pages and batches and among the sources. */
  #memory(): { pages: MemoryShares; batches: MemoryShares } {
    const { memoryBudgetBytes, sources, hec } = this.#config;
    const pageBytes = memoryBudgetBytes * PAGE_SHARE;
    const { maxBytes } = hec.batch;
    return {
      pages: new MemoryShares(pageBytes, sources.length, FIRST_RESERVATION_BYTES),
      batches: new MemoryShares(
        memoryBudgetBytes - pageBytes,
        sources.length,
        bytesPerBatch(maxBytes),
      ),
    };
  }

  #consumer(
    source: SourceConfig,
    shared: {
      pageMemory: PageMemory;
      batchMemory: BatchMemory;
      hec: HecClient;
      deadLetters: DeadLetterFolder;
      slsClient: Deno.HttpClient;
    },
  ): SourceConsumer {
    const { project, logstore, consumer, query, processor } = source;
    const { hec, deadLetters, drainTimeoutMs } = this.#config;
    const { clock, random, telemetry } = this.#deps;
    const name = this.#nameOf(source);
    const requester = this.#slsRequester(source, shared.slsClient);
    const hecRoute = new Route({
      source: name,
      fallbackIndex: hec.fallbackIndex,
      guard: deadLetters.guard,
      telemetry,
    });
    return new SourceConsumer({
      source: name,
      consumer: consumer.name ?? this.#consumerName(consumer.group),
      wanted: {
        name: consumer.group,
        timeoutMs: consumer.groupTimeoutMs,
        inOrder: consumer.inOrder,
      },
      start: startPlace(consumer.start),
      heartbeatIntervalMs: consumer.heartbeatIntervalMs,
      checkpointIntervalMs: consumer.checkpointIntervalMs,
      drainTimeoutMs,
      group: new ConsumerGroup(requester, project, logstore, consumer.group),
      shards: new Shards(requester, project, logstore),
      dataPlane: new InIsolatePlane({
        ...shared,
        source: name,
        pullLogs: new PullLogs(requester, project, logstore),
        fetchCount: consumer.fetchCount,
        fetchIntervalMs: consumer.fetchIntervalMs,
        query,
        processor,
        route: {
          host: source.host,
          source: source.source,
          sourcetype: source.sourcetype,
          index: source.index,
          eventFormat: hec.eventFormat,
          expandJson: Object.fromEntries(source.expandJson),
          eventIdPrefix: hec.eventId ? `${project}/${logstore}/` : undefined,
        },
        limits: { ...hec.batch, maxEventBytes: hec.maxEventBytes },
        oversize: hec.oversize,
        maxAgeMs: hec.batch.maxAgeMs,
        hecRoute,
        clock,
        random,
        telemetry,
      }),
      ledger: this.#ledger,
      clock,
      random,
      telemetry,
    });
  }

  #slsRequester(source: SourceConfig, client: Deno.HttpClient): SlsRequester {
    const { credentials, signature, timeoutMs } = this.#config.sls;
    const { clock, userAgent } = this.#deps;
    return new SlsRequester({
      address: { origin: source.address.origin, host: source.address.hostHeader },
      credentials: fixedCredentials(credentials),
      signV4Region: signature.version === "v4" ? signature.region : undefined,
      timeoutMs,
      userAgent,
      clock,
      fetch: (input, init) => fetch(input, { ...init, client }),
    });
  }

  /** One set of connections for all projects; the `Host` header names the project. */
  #slsHttpClient(): Deno.HttpClient {
    const { caFile, proxy } = this.#config.sls;
    return Deno.createHttpClient({
      allowHost: true,
      http2: false,
      ...(caFile !== undefined && { caCerts: [readPem(this.#deps, "sls.ca_file", caFile)] }),
      ...(proxy && { proxy: { url: proxyUrl(proxy) } }),
    });
  }

  /** `project/logstore`, with the group where that alone does not tell sources apart. */
  #nameOf({ project, logstore, consumer }: SourceConfig): string {
    const twins = this.#config.sources.filter((other) =>
      other.project === project && other.logstore === logstore
    );
    return `${project}/${logstore}${twins.length > 1 ? `@${consumer.group}` : ""}`;
  }

  /** Unique for each process, also where all containers are called alike and have process id 1. */
  #consumerName(group: string): string {
    const { hostname, pid, uuid } = this.#deps;
    return `${group}-${hostname()}-${pid}-${uuid().slice(0, 8)}`;
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}

function startPlace(start: StartPosition): StartPlace {
  return start.kind === "time" ? { unixSec: start.unixSeconds } : start.kind;
}
