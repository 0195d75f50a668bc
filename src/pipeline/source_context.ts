import type { Env } from "../base/env.ts";
import type { PullRate } from "../base/pull_rates.ts";
import type { EventMapping } from "../core/event_format.ts";
import type { Gzip } from "../core/gzip.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecClient } from "../hec/hec_client.ts";
import type { PullLogs } from "../sls/pull_logs.ts";
import type { BatchMemory } from "./batch_memory.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare } from "./memory_budget.ts";
import type { BatchLimits } from "./page_transcoder.ts";

/** What the shards of one source share. Built once, in `src/app`, and handed on whole. */
export interface SourceContext {
  /** Identifies the source, such as `project/logstore`. */
  readonly name: string;
  readonly env: Env;
  readonly pullLogs: Pick<PullLogs, "pull">;
  readonly pulls: PullSettings;
  /** Reserved before a page is pulled, so that a slow Splunk stops the pulling. */
  readonly pageMemory: MemoryShare;
  /** For the bodies of pages as they come. */
  readonly pageBuffers: BufferPool;
  /** How logs become events; the shard's number is appended to its event id prefix. */
  readonly mapping: EventMapping;
  /** Called with numbers of events whose templated index is none, so that they have the fallback index. */
  readonly onReplacedIndexes?: ((events: number) => void) | undefined;
  readonly batches: BatchSettings;
  readonly batchMemory: BatchMemory;
  readonly hec: Pick<HecClient, "deliver">;
  readonly deadLetters: DeadLetterPort;
}

/** What is pulled, and how fast. */
export interface PullSettings {
  /** Most log groups in one page. */
  readonly fetchCount: number;
  /** Between pulls while a shard has nothing new. */
  readonly fetchIntervalMs: number;
  readonly query: string | undefined;
  readonly processor: string | undefined;
  /** Bounds the bytes pulled a second, before compression and before a query; unlimited when left out. */
  readonly rate?: PullRate | undefined;
}

/** How events become requests. */
export interface BatchSettings extends BatchLimits {
  /** How long an event may wait for others. */
  readonly maxAgeMs: number;
  readonly gzip: Gzip;
  /** What becomes of an event that is too large: parked, or cut and marked. */
  readonly oversize: "park" | "truncate";
}
