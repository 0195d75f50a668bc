import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { BufferPool } from "../../src/pipeline/buffer_pool.ts";
import { MemoryBudget, type MemoryShare } from "../../src/pipeline/memory_budget.ts";
import type {
  BatchSettings,
  PullSettings,
  SourceContext,
} from "../../src/pipeline/source_context.ts";
import { Recorder } from "../consumer/recorder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakePullLogs } from "./fake_pull_logs.ts";
import { plainMapping } from "./pages.ts";
import { RecordingDelivery } from "./recording_delivery.ts";

const MIB = 1024 * 1024;

/** What a test sets of a source. */
export interface SourceParts {
  readonly clock?: FakeClock;
  readonly recorder?: Recorder;
  readonly pulls?: Partial<PullSettings>;
  readonly batches?: Partial<BatchSettings>;
  readonly pageMemoryBytes?: number;
  readonly batchMemoryBytes?: number;
}

/** The share of a budget's only source. */
export function loneShare(bytes: number): MemoryShare {
  return new MemoryBudget(bytes, 1).forSource("p/l");
}

/** The context of source `p/l`, which pulls from `pullLogs` and delivers to `delivery`: fakes. */
export function fakeSource(parts: SourceParts = {}) {
  const { clock = new FakeClock(), recorder = new Recorder() } = parts;
  const { pageMemoryBytes = 64 * MIB, batchMemoryBytes = 64 * MIB } = parts;
  const { telemetry } = recorder;
  const pullLogs = new FakePullLogs();
  const batches: BatchSettings = {
    maxBytes: 100_000,
    maxEvents: 2,
    maxEventBytes: 4_000_000,
    maxAgeMs: 1000,
    gzip: false,
    oversize: "park",
    ...parts.batches,
  };
  const pageMemory = loneShare(pageMemoryBytes);
  const batchShare = loneShare(batchMemoryBytes);
  const delivery = new RecordingDelivery();
  const context: SourceContext = {
    name: "p/l",
    env: { clock, random: () => 0.5, telemetry },
    pullLogs,
    pulls: {
      fetchCount: 1,
      fetchIntervalMs: 1000,
      query: undefined,
      processor: undefined,
      ...parts.pulls,
    },
    pageMemory,
    pageBuffers: new BufferPool(() => pageMemoryBytes, 65_536),
    mapping: plainMapping,
    batches,
    batchMemory: new BatchMemory(batchShare, batches.maxBytes),
    hec: {
      deliver: (batch, { placeOf, signal }) => {
        const places = Array.from({ length: batch.count }, (_, at) => placeOf(at));
        return delivery.deliver(batch, (at) => ({ cursor: places[at]!, indexInPage: 0 }), signal);
      },
    },
    deadLetters: {
      park: (_letter, signal) => {
        signal.throwIfAborted();
        return Promise.resolve();
      },
    },
  };
  return { context, clock, recorder, pullLogs, delivery, pageMemory, batchShare };
}
