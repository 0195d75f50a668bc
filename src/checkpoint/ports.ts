import type { ConsumerGroup } from "../sls/consumer_group.ts";
import type { Shards } from "../sls/shards.ts";

/** A source as the checkpoint commands see it. */
export interface CheckpointSource {
  /** `project/logstore`. */
  readonly name: string;
  /** Name of its consumer group. */
  readonly groupName: string;
  /** The group's calls. */
  readonly group: Pick<ConsumerGroup, "list" | "checkpoint" | "checkpoints" | "forceCheckpoint">;
  /** The calls about shards. */
  readonly shards: Pick<Shards, "list" | "cursorAt" | "cursorTimeSec" | "serverNowMs">;
  /** Makes one of their calls, and retries failures that pass by themselves. */
  readonly call: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}
