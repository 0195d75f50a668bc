import type { GroupPort } from "./ports.ts";

/** What the configuration asks of the group; undefined: what the group has, or the default when new. */
export interface WantedGroup {
  readonly name: string;
  readonly timeoutMs: number | undefined;
  readonly inOrder: boolean | undefined;
  /** Whether an existing group is changed to what is configured; otherwise it stays as it is. */
  readonly update: boolean;
}

/** Of a group that this program creates, when the configuration says nothing. */
export const DEFAULT_GROUP_TIMEOUT_MS = 60_000;

export interface JoinedGroup {
  /** The group's own, which governs the heartbeats whatever is configured. */
  readonly timeoutMs: number;
  readonly inOrder: boolean;
  /** What was done, for the log: `found it`, `created it` or `updated it`. */
  readonly how: string;
  /** Where the group stays other than configured, in words; empty when it is as configured. */
  readonly differences: string;
}

/**
 * Makes sure that the consumer group exists.
 *
 * An existing group is changed only on demand: other members may rely on its settings, and two that each
 * set their own would change it back and forth. What is not configured stays in any case.
 */
export async function joinGroup(
  group: GroupPort,
  wanted: WantedGroup,
  signal: AbortSignal,
): Promise<JoinedGroup> {
  let found = await findGroup(group, wanted.name, signal);
  let how = "found it";
  if (!found) {
    const timeoutMs = wanted.timeoutMs ?? DEFAULT_GROUP_TIMEOUT_MS;
    try {
      await group.create(
        { timeoutSec: timeoutMs / 1000, inOrder: wanted.inOrder ?? false },
        signal,
      );
      return {
        timeoutMs,
        inOrder: wanted.inOrder ?? false,
        how: "created it",
        differences: "",
      };
    } catch (error) {
      found = await findGroup(group, wanted.name, signal); // another member may have been faster
      if (!found) throw error;
    }
  }
  const timeoutSec = wanted.timeoutMs === undefined ? found.timeoutSec : wanted.timeoutMs / 1000;
  const inOrder = wanted.inOrder ?? found.inOrder;
  const differences = [
    ...(timeoutSec === found.timeoutSec
      ? []
      : [`its timeout is ${found.timeoutSec} s, configured are ${timeoutSec} s`]),
    ...(inOrder === found.inOrder
      ? []
      : [`its order is ${found.inOrder}, configured is in_order ${inOrder}`]),
  ].join("; ");
  if (differences !== "" && wanted.update) {
    await group.update({ timeoutSec, inOrder }, signal);
    how = `updated it from timeout ${found.timeoutSec} s, in_order ${found.inOrder}`;
    return { timeoutMs: timeoutSec * 1000, inOrder, how, differences: "" };
  }
  return { timeoutMs: found.timeoutSec * 1000, inOrder: found.inOrder, how, differences };
}

/** The group as it stands; undefined when there is none. */
export async function findGroup(group: GroupPort, name: string, signal: AbortSignal) {
  // The vendor's Java consumer compares names without regard to case.
  const lower = name.toLowerCase();
  return (await group.list(signal)).find((found) => found.name.toLowerCase() === lower);
}
