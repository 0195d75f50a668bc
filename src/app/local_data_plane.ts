import type { PlaneDeps } from "./deps.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import type { DataPlane } from "../consumer/ports.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecClient } from "../hec/hec_client.ts";
import type { Probe } from "../hec/hold_gate.ts";
import type { HecToken } from "../hec/hec_token.ts";
import { Route } from "../hec/route.ts";
import { batchMaxBytes, makeHecClient } from "./open_hec.ts";
import { BatchMemory, bytesPerBatch } from "../pipeline/batch_memory.ts";
import { InIsolatePlane } from "../pipeline/in_isolate_plane.ts";
import { MemoryBudget } from "../pipeline/memory_budget.ts";
import { BufferPool } from "../pipeline/buffer_pool.ts";
import { FIRST_RESERVATION_BYTES } from "../pipeline/page_puller.ts";
import { PullLogs } from "../sls/pull_logs.ts";
import type { SlsConnections } from "./open_sls.ts";

/** The part of the memory budget that pulled pages may take; batches take the rest. */
const PAGE_SHARE = 1 / 3;
const MIN_PAGE_BUFFER_BYTES = 64 * 1024;

/** What the data plane of one isolate stands on. */
export interface LocalDataPlaneDeps extends PlaneDeps {
  readonly slsConnections: SlsConnections;
  readonly deadLetters: DeadLetterPort;
  readonly hecToken: HecToken;
  readonly hecTls: TlsFiles;
  /** Called with a source's name when requests here hold it, or let it go on. */
  readonly onHold?: (source: string, held: boolean) => void;
  /** Puts something between a source's shards and their pulls. */
  readonly wrapPulls?: (source: string, pulls: PullLogs) => Pick<PullLogs, "pull">;
}

/** The data planes of all sources in this isolate, with what they share: one HEC client, one memory budget. */
export class LocalDataPlane implements AsyncDisposable {
  readonly #config: Config;
  readonly #deps: LocalDataPlaneDeps;
  readonly #hec: HecClient;
  readonly #pages: MemoryBudget;
  readonly #batches: MemoryBudget;
  readonly #routes = new Map<string, Route>();
  /** Sources that requests of another isolate hold. */
  readonly #heldByOthers = new Map<string, Probe>();
  readonly #stop = new AbortController();
  readonly #background = new TaskGroup(this.#stop.signal);

  constructor(config: Config, deps: LocalDataPlaneDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#hec = makeHecClient(config.hec, deps.hecToken, deps.hecTls, deps);
    const { memoryBudgetBytes, hec } = config;
    const pageBytes = Math.floor(memoryBudgetBytes * PAGE_SHARE);
    this.#pages = new MemoryBudget(pageBytes, FIRST_RESERVATION_BYTES);
    this.#batches = new MemoryBudget(
      memoryBudgetBytes - pageBytes,
      bytesPerBatch(batchMaxBytes(hec)),
    );
    this.#background.spawn("hec", (signal) => this.#hec.run(signal));
  }

  /** Bytes of the memory budget that are reserved now: for pages, and for batches until their outcome is final. */
  get reservedBytes(): number {
    return this.#pages.reservedBytes + this.#batches.reservedBytes;
  }

  /** Makes the plane of a source; once for each. */
  planeOf(source: SourceConfig): DataPlane {
    const { hec, deadLetters } = this.#config;
    const { clock, random, telemetry, slsConnections, wrapPulls } = this.#deps;
    const { project, logstore, consumer, query, processor } = source;
    const { name } = source;
    const hecRoute = new Route({
      source: name,
      fallbackIndex: hec.fallbackIndex,
      guard: deadLetters.guard,
      telemetry,
      onHold: (held) => this.#deps.onHold?.(name, held),
    });
    this.#routes.set(name, hecRoute);
    const maxBytes = batchMaxBytes(hec);
    const pageMemory = this.#pages.forSource(name);
    const batchMemory = new BatchMemory(this.#batches.forSource(name), maxBytes);
    const pullLogs = new PullLogs(slsConnections.requesterOf(source), project, logstore);
    return new InIsolatePlane({
      source: name,
      pullLogs: wrapPulls?.(name, pullLogs) ?? pullLogs,
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
      limits: { ...hec.batch, maxBytes, maxEventBytes: hec.maxEventBytes },
      gzip: hec.gzip,
      oversize: hec.oversize,
      maxAgeMs: hec.batch.maxAgeMs,
      pageMemory,
      pageBuffers: new BufferPool(() => pageMemory.ownBytes, MIN_PAGE_BUFFER_BYTES),
      batchMemory,
      hec: this.#hec,
      hecRoute,
      deadLetters: this.#deps.deadLetters,
      clock,
      random,
      telemetry,
    });
  }

  /** Forgets a source, whose shards must have ended. */
  remove(source: string): void {
    this.hold(source, false);
    this.#routes.delete(source);
  }

  /** Holds a source while requests of another isolate find out whether its events are taken again. */
  hold(source: string, held: boolean): void {
    this.#heldByOthers.get(source)?.release();
    this.#heldByOthers.delete(source);
    const probe = held ? this.#routes.get(source)?.gate.holdForOther() : undefined;
    if (probe) this.#heldByOthers.set(source, probe);
  }

  /** Ends the HEC client; the shards must have ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("Everything is delivered", "AbortError"));
    await this.#background[Symbol.asyncDispose]();
  }
}
