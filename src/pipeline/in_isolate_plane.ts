import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { DataPlane, ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import { Batch } from "../core/batch.ts";
import type { RefusedEvent } from "../hec/refused_event.ts";
import type { Gzip } from "../core/gzip.ts";
import type { HecClient } from "../hec/hec_client.ts";
import type { Route as HecRoute } from "../hec/route.ts";
import type { PullLogs } from "../sls/pull_logs.ts";
import type { EventMapping as Route } from "../core/event_format.ts";
import { truncateEvent } from "../core/truncate_event.ts";
import type { BatchMemory } from "./batch_memory.ts";
import type { EventPlace } from "./batcher.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import { type BatchLimits, PageTranscoder, type UnsendableEvent } from "./page_transcoder.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare } from "./memory_budget.ts";
import { ShardStream } from "./shard_stream.ts";

export interface InIsolatePlaneOptions {
  /** Name of the source, `project/logstore`. */
  readonly source: string;
  readonly pullLogs: Pick<PullLogs, "pull">;
  readonly fetchCount: number;
  readonly fetchIntervalMs: number;
  readonly query: string | undefined;
  readonly processor: string | undefined;
  /** How logs become events; the shard's number is put behind its event id prefix. */
  readonly route: Route;
  readonly limits: BatchLimits;
  readonly gzip: Gzip;
  readonly maxAgeMs: number;
  /** What becomes of an event that is too large: parked, or cut and marked. */
  readonly oversize: "park" | "truncate";
  readonly pageMemory: MemoryShare;
  readonly pageBuffers: BufferPool;
  readonly batchMemory: BatchMemory;
  readonly hec: Pick<HecClient, "deliver">;
  readonly hecRoute: HecRoute;
  readonly deadLetters: DeadLetterPort;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** The data plane of one source in this isolate: everything that touches a log's bytes. */
export class InIsolatePlane implements DataPlane {
  readonly #options: InIsolatePlaneOptions;

  constructor(options: InIsolatePlaneOptions) {
    this.#options = options;
  }

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const { route, limits, hec, hecRoute, source } = this.#options;
    const { shard } = job;
    const shardRoute: Route = route.eventIdPrefix === undefined
      ? route
      : { ...route, eventIdPrefix: `${route.eventIdPrefix}${shard}/` };
    const stream = new ShardStream(job, listener, {
      ...this.#options,
      shard,
      line: new PageTranscoder(shardRoute, limits, this.#options.clock),
      lone: (event, place, signal) => this.#replace(shard, event, place, signal),
      deliver: (batch, placeOf, signal) =>
        hec.deliver(batch, {
          route: hecRoute,
          signal,
          park: (event) => this.#park(shard, event, placeOf(event.at), signal),
          placeOf: (at) => `${source} shard ${shard} cursor ${placeOf(at).cursor}`,
        }),
    });
    return await stream.run();
  }

  async notify(
    event: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { route, hec, hecRoute, source, clock, gzip } = this.#options;
    const envelope = {
      time: Math.floor(clock.nowMs() / 1000),
      source: route.source,
      sourcetype: route.sourcetype,
      index: route.index,
      event,
    };
    const bytes = new TextEncoder().encode(JSON.stringify(envelope));
    await hec.deliver(new Batch(bytes, [bytes.length], gzip), {
      route: hecRoute,
      signal,
      park: (refused) => this.#park(-1, refused, { cursor: "", indexInPage: 0 }, signal),
      placeOf: () => `a report about ${source}`,
    });
  }

  /** Cuts an event that is too large, if that is wanted; parks it otherwise, and every malformed log. */
  async #replace(
    shard: number,
    { kind, envelope, why }: UnsendableEvent,
    place: EventPlace,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const { source, limits, oversize, telemetry } = this.#options;
    const shorter = kind === "oversize" && oversize === "truncate"
      ? truncateEvent(envelope, limits.maxEventBytes)
      : undefined;
    if (shorter) {
      telemetry({
        type: "trouble",
        about: `${source}: events that are too large`,
        message:
          `Cannot send an event of ${envelope.length} bytes at ${source} shard ${shard} cursor ` +
          `${place.cursor} as it is: ${why}; it is cut and marked with sls2hec_truncated`,
        hint:
          "Splunk's own limit is maxEventSize, 5 MB; hec.oversize: park keeps such events whole",
        retryInMs: 0,
        source,
        shard,
      });
      return shorter;
    }
    const about = { reason: kind, status: 0, code: undefined, text: why };
    await this.#park(shard, { at: 0, envelope, ...about }, place, signal);
    return undefined;
  }

  async #park(
    shard: number,
    { envelope, reason, status, code, text }: RefusedEvent,
    { cursor, indexInPage }: EventPlace,
    signal: AbortSignal,
  ): Promise<void> {
    const { source, deadLetters } = this.#options;
    await deadLetters.park(
      { source, shard, cursor, indexInPage, reason, status, code, text, envelope },
      signal,
    );
  }
}
