import type { ConsumerGroup } from "../sls/consumer_group.ts";
import type { Shards } from "../sls/shards.ts";

/** One source as the checkpoint commands see it. */
export interface CheckpointSource {
  /** `project/logstore`. */
  readonly name: string;
  readonly groupName: string;
  readonly group: Pick<ConsumerGroup, "list" | "checkpoint" | "checkpoints" | "forceCheckpoint">;
  readonly shards: Pick<Shards, "list" | "cursorAt" | "cursorTimeSec" | "serverNowMs">;
  /** Makes a call of theirs, again when it fails in a way that passes by itself. */
  readonly call: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
}
