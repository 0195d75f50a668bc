import { UsageError } from "../base/errors.ts";
import type { StoredCheckpoint } from "../sls/consumer_group.ts";
import type { CheckpointSource } from "./ports.ts";

/** A shard with what its consumer group has stored for it. */
export interface ShardView extends StoredCheckpoint {
  readonly readOnly: boolean;
}

/** A consumer group at one moment. */
export interface GroupView {
  readonly timeoutSec: number;
  /** The chosen shards, sorted by number. */
  readonly shards: readonly ShardView[];
  /** All rows of the group, including shards that are not chosen. */
  readonly rows: readonly StoredCheckpoint[];
}

/**
 * Reads a group without joining it.
 *
 * @param chosen Shard numbers; undefined for all.
 * @throws {UsageError} when the group, or a chosen shard, does not exist.
 */
export async function viewGroup(
  { name, groupName, group, shards, call }: CheckpointSource,
  chosen: readonly number[] | undefined,
): Promise<GroupView> {
  // The vendor's Java consumer compares names without regard to case.
  const found = (await call((signal) => group.list(signal)))
    .find((settings) => settings.name.toLowerCase() === groupName.toLowerCase());
  if (!found) {
    throw new UsageError(
      `Cannot find consumer group ${groupName} of ${name}: it does not exist`,
      "Check consumer.group. The first `sls2hec run` creates the group; consumer.start sets where " +
        "a new group begins",
    );
  }
  const listed = chosenShards(name, await call((signal) => shards.list(signal)), chosen);
  const rows = await call((signal) => group.checkpoints(signal));
  const views: ShardView[] = [];
  for (const { shard, readOnly } of listed) {
    const row = rows.find((row) => row.shard === shard) ?? {
      // A server may not list shards that no consumer owns.
      shard,
      cursor: await call((signal) => group.checkpoint(shard, signal)),
      updatedMs: 0,
      consumer: undefined,
    };
    views.push({ ...row, readOnly });
  }
  return { timeoutSec: found.timeoutSec, shards: views, rows };
}

/**
 * The chosen shards of a source, sorted by number; all when none is named.
 *
 * @throws {UsageError} when one does not exist.
 */
export function chosenShards<S extends { readonly shard: number }>(
  name: string,
  listed: readonly S[],
  chosen: readonly number[] | undefined,
): S[] {
  const sorted = listed.toSorted((a, b) => a.shard - b.shard);
  if (chosen === undefined) return sorted;
  const unknown = chosen.filter((shard) => !listed.some((item) => item.shard === shard));
  if (unknown.length > 0) {
    throw new UsageError(
      `Cannot find ${unknown.length === 1 ? "shard" : "shards"} ${
        unknown.join(", ")
      } of ${name}: ` +
        "it has " +
        `${sorted.map(({ shard }) => shard).join(", ")}`,
      "Name shards that exist. SLS deletes a split or merged shard when all its logs have expired",
    );
  }
  return sorted.filter(({ shard }) => chosen.includes(shard));
}
