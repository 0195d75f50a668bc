import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { withTimeout } from "../base/timeout.ts";
import { troubleOf } from "../base/trouble_of.ts";
import type { GroupPort } from "./ports.ts";

export interface ReleaseShardsOptions {
  readonly source: string;
  readonly consumer: string;
  readonly group: Pick<GroupPort, "heartbeat">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Lists no shard in a last heartbeat. Those that SLS has promised to another consumer pass over by it; the others wait
 * for the group's timeout, as SLS knows no call by which a consumer leaves its group.
 */
export async function releaseShards(
  { source, consumer, group, clock, telemetry }: ReleaseShardsOptions,
  timeoutMs: number,
  groupTimeoutMs: number,
): Promise<void> {
  try {
    await withTimeout(
      { what: "The last heartbeat", timeoutMs },
      clock,
      undefined,
      (signal) => group.heartbeat(consumer, [], timeoutMs, signal),
    );
  } catch (error) {
    const hint = `Others get the shards after the group's timeout of ${groupTimeoutMs} ms`;
    telemetry(troubleOf(`${source}: release the shards`, error, hint, 0, { hint, source }));
  }
}
