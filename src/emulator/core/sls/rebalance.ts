import type { GroupShard } from "./group_shard.ts";

/**
 * Assigns the free shards and balances the rest, until the counts of any two consumers differ by at
 * most 1. A promised shard counts for the consumer it is promised to.
 *
 * Free shards go, lowest id first, to the consumer with the fewest; a surplus owned shard becomes a
 * handover. Ties go to the first name. The vendor does not publish its own order.
 *
 * @param consumers Names of the live consumers, sorted.
 */
export function rebalance(shards: readonly GroupShard[], consumers: readonly string[]): void {
  const sorted = [...shards].sort((a, b) => a.id - b.id);
  const counts = new Map(consumers.map((name) => [name, 0]));
  const add = (name: string, change: number) => counts.set(name, (counts.get(name) ?? 0) + change);
  for (const { state, owner, next } of sorted) {
    if (state === "owned") add(owner, 1);
    if (state === "handover") add(next, 1);
  }
  const fewest = () => consumers.reduce((a, b) => counts.get(b)! < counts.get(a)! ? b : a);
  for (const shard of sorted) {
    if (shard.state !== "free") continue;
    shard.owner = fewest();
    shard.state = "owned";
    add(shard.owner, 1);
  }
  for (;;) {
    const to = fewest();
    const spare = mostLoaded(sorted.filter(({ state }) => state === "owned"), counts);
    if (!spare || counts.get(spare.owner)! - counts.get(to)! <= 1) return;
    spare.state = "handover";
    spare.next = to;
    add(spare.owner, -1);
    add(to, 1);
  }
}

/** The first shard of the consumer with the most; ties go to the first name. */
function mostLoaded(
  owned: readonly GroupShard[],
  counts: ReadonlyMap<string, number>,
): GroupShard | undefined {
  return owned.toSorted((a, b) =>
    counts.get(b.owner)! - counts.get(a.owner)! ||
    (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : a.id - b.id)
  )[0];
}
