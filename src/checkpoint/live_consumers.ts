import { foreignText } from "../base/foreign_text.ts";
import type { GroupView } from "./group_view.ts";

/**
 * Who seems to be at work in a group, one sentence each; empty when nobody does.
 *
 * Only looked at, for there is no harmless way to ask: a heartbeat under a name of our own would join the
 * group and be given shards until its timeout, one under another's name would keep a dead consumer alive,
 * and a write without force would have to move a checkpoint. SLS names in GetCheckPoint who holds each
 * shard, and takes the name away when that consumer has been silent for the group's timeout. So a name is
 * a consumer that lived within the timeout. From a server that names nobody, a checkpoint that was written
 * within the timeout says the same.
 *
 * What this cannot see: a consumer that holds no shard, and one that begins a moment later.
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
    `${foreignText(name)} holds shard ${shards.join(", ")}`
  );
  return [...named, ...signs];
}
