import { foreignText } from "../base/foreign_text.ts";
import type { GroupView } from "./group_view.ts";

/**
 * The consumers that seem to be active in a group, one sentence each.
 *
 * This only reads, because every way to ask has an effect: a heartbeat with a new name would join the group and be
 * given shards until its timeout, one with another consumer's name would keep a dead consumer alive, and a write
 * without force would have to move a checkpoint. GetCheckPoint names the consumer of each shard, and SLS removes the
 * name when that consumer has been silent for the group's timeout. So a named consumer was alive within the timeout.
 * If a server names no consumer, a checkpoint written within the timeout shows the same.
 *
 * This misses a consumer that owns no shard, and one that starts a moment later.
 *
 * @returns empty when there is none.
 */
export function liveConsumers({ rows, timeoutSec }: GroupView, nowMs: number): string[] {
  const shardsOf = new Map<string, number[]>();
  const signs: string[] = [];
  for (const { shard, consumer, updatedMs } of rows) {
    if (consumer) shardsOf.set(consumer, [...shardsOf.get(consumer) ?? [], shard]);
    if (consumer !== undefined || updatedMs === 0) continue;
    const agoSec = Math.round((nowMs - updatedMs) / 1000);
    if (Math.abs(agoSec) <= timeoutSec) {
      signs.push(`the checkpoint of shard ${shard} was written ${agoSec} s ago`);
    }
  }
  const named = [...shardsOf].map(([name, shards]) =>
    `${foreignText(name)} owns ${shards.length === 1 ? "shard" : "shards"} ${shards.join(", ")}`
  );
  return [...named, ...signs];
}
