import type { Logstore } from "../core/sls/logstore.ts";

const SECONDS_PER_DAY = 86_400;

/** Drops what is older than the retention; a read-only shard disappears with the last of it. */
export function expire(logstore: Logstore, nowSec: number): void {
  const oldestSec = nowSec - logstore.ttlDays * SECONDS_PER_DAY;
  for (const { id, log, readOnlySinceSec } of logstore.shards.values()) {
    if (log.begin < log.end && log.receivedSecAt(log.begin) < oldestSec) {
      log.dropBefore(log.positionAtTime(oldestSec));
    }
    if (readOnlySinceSec !== undefined && readOnlySinceSec < oldestSec) logstore.shards.delete(id);
  }
}
