import type { ReadMeter } from "../core/sls/call_context.ts";
import { SlsError } from "../core/sls/sls_error.ts";

/** How much may be read; absent limits do not apply. */
export interface ReadLimits {
  /** PullLogs calls per second and shard; the real service allows 100. */
  readonly readsPerSecond?: number;
  /** Bytes per second and shard, before any query; the real service allows 20 MB. */
  readonly bytesPerSecond?: number;
  /** PullLogs calls per minute and project; the real service allows 600,000. */
  readonly projectReadsPerMinute?: number;
}

interface Window {
  startMs: number;
  reads: number;
  bytes: number;
}

/** Counts reads per second and shard and per minute and project, and refuses those above a limit. */
export class ReadQuota implements ReadMeter {
  /** May be replaced while the emulator runs. */
  limits: ReadLimits = {};
  readonly #monotonicMs: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Counts one read before it is made.
   *
   * @throws {SlsError} 403 `ShardReadQuotaExceed` or `ReadQuotaExceed`.
   */
  begin(project: string, logstore: string, shard: number): void {
    const { readsPerSecond, bytesPerSecond, projectReadsPerMinute } = this.limits;
    const minute = this.#window(project, 60_000);
    if (minute.reads >= (projectReadsPerMinute ?? Infinity)) {
      throw new SlsError(403, "ReadQuotaExceed", "Read quota is exceeded.");
    }
    const second = this.#window(`${project}/${logstore}/${shard}`, 1000);
    if (second.reads >= (readsPerSecond ?? Infinity)) {
      throw shardReadQuotaExceed("shard read qps exceed quota limits");
    }
    if (second.bytes >= (bytesPerSecond ?? Infinity)) {
      throw shardReadQuotaExceed("shard read bytes exceed quota limits");
    }
    minute.reads++;
    second.reads++;
  }

  /** Counts the bytes that were read. */
  end(project: string, logstore: string, shard: number, bytes: number): void {
    this.#window(`${project}/${logstore}/${shard}`, 1000).bytes += bytes;
  }

  #window(key: string, lengthMs: number): Window {
    const nowMs = this.#monotonicMs();
    let window = this.#windows.get(key);
    if (!window || nowMs - window.startMs >= lengthMs) {
      window = { startMs: nowMs, reads: 0, bytes: 0 };
      this.#windows.set(key, window);
    }
    return window;
  }
}

function shardReadQuotaExceed(message: string): SlsError {
  return new SlsError(403, "ShardReadQuotaExceed", message);
}
