import type { Env } from "../base/env.ts";
import type { PullRate } from "../base/pull_rates.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import type { DataPlane } from "../consumer/ports.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecClient } from "../hec/hec_client.ts";
import type { HecClients } from "./hec_clients.ts";
import { batchMaxBytes } from "./open_hec.ts";
import { BatchMemory, bytesPerBatch } from "../pipeline/batch_memory.ts";
import { runShard } from "../pipeline/run_shard.ts";
import { deliverReport } from "../pipeline/shard_delivery.ts";
import type { SourceContext } from "../pipeline/source_context.ts";
import { MemoryBudget, type MemoryShare } from "../pipeline/memory_budget.ts";
import { BufferPool } from "../pipeline/buffer_pool.ts";
import { FIRST_RESERVATION_BYTES } from "../pipeline/page_puller.ts";
import type { Sls } from "./open_sls.ts";
import type { DataPlanes } from "./sources.ts";

/** The part of the memory budget that pulled pages may take; batches take the rest. */
const PAGE_SHARE = 1 / 3;
const MIN_PAGE_BUFFER_BYTES = 64 * 1024;

/** What the data plane of one isolate is built on. */
interface LocalDataPlaneParts {
  readonly env: Env;
  readonly sls: Sls;
  /** Disposed with the data plane. */
  readonly hec: HecClients;
  readonly deadLetters: DeadLetterPort;
  /** Called with a source's id when requests of this isolate hold it, or release it. */
  readonly onHold?: (source: string, held: boolean) => void;
  /** The rate of a source; undefined for none. No source has one when left out. */
  readonly pullRateOf?: (source: SourceConfig) => PullRate | undefined;
}

/** A source that the data plane runs. */
interface LocalSource extends Disposable {
  readonly hec: HecClient;
}

/**
 * The data plane in this isolate, for all sources, which may come and go. They share one memory budget, and the HEC
 * client with those that are sent the same way.
 */
export class LocalDataPlane implements DataPlanes {
  readonly #config: Config;
  readonly #parts: LocalDataPlaneParts;
  readonly #pages: MemoryBudget;
  readonly #batches: MemoryBudget;
  /** By id. */
  readonly #sources = new Map<string, LocalSource>();

  constructor(config: Config, parts: LocalDataPlaneParts) {
    this.#config = config;
    this.#parts = parts;
    const { memoryBudgetBytes } = config;
    const pageBytes = Math.floor(memoryBudgetBytes * PAGE_SHARE);
    this.#pages = new MemoryBudget(pageBytes, FIRST_RESERVATION_BYTES);
    this.#batches = new MemoryBudget(memoryBudgetBytes - pageBytes, 0);
  }

  /** Bytes of the memory budget that are reserved now: for pages, and for batches until their outcome is final. */
  get reservedBytes(): number {
    return this.#pages.reservedBytes + this.#batches.reservedBytes;
  }

  /**
   * Adds a source.
   * @returns where its shards are run.
   * @throws {RangeError} when it was added before, and not removed.
   * @throws {OperatorError} when a certificate or key file cannot be used.
   */
  add(source: SourceConfig): DataPlane {
    const { name } = source;
    const { hec: clients, onHold } = this.#parts;
    const hec = clients.of(source);
    const { setId: set } = source.hec;
    const pages = this.#pages.forSource(name, { set });
    const minBytes = bytesPerBatch(batchMaxBytes(source.hec));
    const batches = this.#batches.forSource(name, { set, minBytes });
    const context = this.#contextOf(source, hec, pages, batches);
    hec.addSource({
      source: name,
      fallbackIndex: source.hec.fallbackIndex,
      namesSeveralIndexes: namesSeveralIndexes(source),
      optionPath: source.hec.path,
      guard: this.#config.deadLetters.guard,
      onHold: (held) => onHold?.(name, held),
    });
    const dataPlane: DataPlane = {
      run: runShard.bind(undefined, context),
      notify: deliverReport.bind(undefined, context),
    };
    this.#sources.set(name, {
      hec,
      [Symbol.dispose]: () => {
        hec.removeSource(name);
        clients.remove(name);
        pages[Symbol.dispose]();
        batches[Symbol.dispose]();
      },
    });
    return dataPlane;
  }

  /** Removes a source, whose shards must have ended. Its memory goes to the others. */
  remove(id: string): void {
    this.#sources.get(id)?.[Symbol.dispose]();
    this.#sources.delete(id);
  }

  /** Holds a source while requests of another isolate find out whether its events are accepted again. */
  hold(id: string, held: boolean): void {
    this.#sources.get(id)?.hec.holdElsewhere(id, held);
  }

  #contextOf(
    source: SourceConfig,
    client: HecClient,
    pages: MemoryShare,
    batches: MemoryShare,
  ): SourceContext {
    const { hec } = source;
    const { env, sls, pullRateOf } = this.#parts;
    const { name, project, logstore, consumer, query, processor, events, routes } = source;
    const maxBytes = batchMaxBytes(hec);
    return {
      name,
      env,
      pullLogs: sls.of(source).pullLogs,
      pulls: {
        fetchCount: consumer.fetchCount,
        fetchIntervalMs: consumer.fetchIntervalMs,
        query,
        processor,
        rate: pullRateOf?.(source),
      },
      pageMemory: pages,
      pageBuffers: new BufferPool(() => pages.ownBytes, MIN_PAGE_BUFFER_BYTES),
      mapping: {
        host: events.host,
        source: events.source,
        sourcetype: events.sourcetype,
        index: events.index,
        fields: events.fields,
        expandJson: events.expandJson,
        routes,
        fallbackIndex: source.hec.fallbackIndex,
        eventFormat: hec.eventFormat,
        eventIdPrefix: hec.eventId ? `${project}/${logstore}/` : undefined,
      },
      batches: {
        maxBytes,
        maxEvents: hec.batch.maxEvents,
        maxEventBytes: hec.maxEventBytes,
        maxAgeMs: hec.batch.maxAgeMs,
        gzip: hec.gzip,
        oversize: hec.oversize,
      },
      batchMemory: new BatchMemory(batches, maxBytes),
      onReplacedIndexes: (events) => {
        const fallbackIndex = hec.fallbackIndex ?? "";
        env.telemetry({
          type: "index_fallback",
          source: name,
          cause: "impossible",
          events,
          fallbackIndex,
        });
      },
      hec: client,
      deadLetters: this.#parts.deadLetters,
    };
  }

  /** Ends the HEC clients; the shards must have ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.hec[Symbol.asyncDispose]();
  }
}

/** Whether the events of a source may name different indexes. */
function namesSeveralIndexes({ events, routes }: SourceConfig): boolean {
  const values = [events, ...routes.flatMap(({ values }) => values === "drop" ? [] : values)];
  const texts = values.map(({ index }) => index);
  return new Set(texts.map((text) => JSON.stringify(text))).size > 1 ||
    texts.some((text) => text?.some((part) => typeof part !== "string"));
}
