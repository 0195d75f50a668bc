import type { GroupPort } from "./ports.ts";

/** What the configuration asks of the group; undefined: what the group has, or the default when new. */
export interface WantedGroup {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly inOrder: boolean | undefined;
}

/** Of a group that this program creates, when the configuration says nothing. */
export const DEFAULT_GROUP_TIMEOUT_MS = 60_000;

export interface JoinedGroup {
  readonly timeoutMs: number;
  /** What was done, for the log: `found it`, `created it` or `updated it`. */
  readonly how: string;
}

/**
 * Makes sure that the consumer group exists and is as configured.
 *
 * An existing group is changed only where the configuration says something else: other members may rely
 * on the rest, and changing it needs a permission of its own.
 */
export async function joinGroup(
  group: GroupPort,
  wanted: WantedGroup,
  signal: AbortSignal,
): Promise<JoinedGroup> {
  let found = await find(group, wanted.name, signal);
  let how = "found it";
  if (!found) {
    const timeoutMs = wanted.timeoutMs ?? DEFAULT_GROUP_TIMEOUT_MS;
    try {
      await group.create(
        { timeoutSec: timeoutMs / 1000, inOrder: wanted.inOrder ?? false },
        signal,
      );
      return { timeoutMs, how: "created it" };
    } catch (error) {
      found = await find(group, wanted.name, signal); // another member may have been faster
      if (!found) throw error;
    }
  }
  const timeoutSec = wanted.timeoutMs === undefined ? found.timeoutSec : wanted.timeoutMs / 1000;
  const inOrder = wanted.inOrder ?? found.inOrder;
  if (timeoutSec !== found.timeoutSec || inOrder !== found.inOrder) {
    await group.update({ timeoutSec, inOrder }, signal);
    how = `updated it from timeout ${found.timeoutSec} s, in_order ${found.inOrder}`;
  }
  return { timeoutMs: timeoutSec * 1000, how };
}

async function find(group: GroupPort, name: string, signal: AbortSignal) {
  // The vendor's Java consumer compares names without regard to case.
  const lower = name.toLowerCase();
  return (await group.list(signal)).find((found) => found.name.toLowerCase() === lower);
}
