import type { GroupPort, WantedGroup } from "./ports.ts";

/** The group's own settings, which apply whatever is configured. */
interface JoinedGroup {
  readonly timeoutMs: number;
  readonly inOrder: boolean;
  /** What was done, for the log: `found it`, `created it` or `updated it …`. */
  readonly how: string;
  /** Where the group differs from the configuration, in words; empty when it does not. */
  readonly differences: string;
}

/**
 * Makes sure that the consumer group exists.
 *
 * An existing group is changed only on demand: other members may rely on its settings, and two members with different
 * settings would change it back and forth. Settings that are not configured stay.
 */
export async function joinGroup(
  group: GroupPort,
  wanted: WantedGroup,
  signal: AbortSignal,
): Promise<JoinedGroup> {
  let found = await findGroup(group, wanted.name, signal);
  let how = "found it";
  if (!found) {
    const timeoutMs = wanted.timeoutMs ?? wanted.newTimeoutMs;
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
      found = await findGroup(group, wanted.name, signal); // another member may have created it first
      if (!found) throw error;
    }
  }
  const timeoutSec = wanted.timeoutMs === undefined ? found.timeoutSec : wanted.timeoutMs / 1000;
  const inOrder = wanted.inOrder ?? found.inOrder;
  const differences = [
    ...(timeoutSec === found.timeoutSec
      ? []
      : [`its timeout is ${found.timeoutSec} s, configured is ${timeoutSec} s`]),
    ...(inOrder === found.inOrder
      ? []
      : [`its in_order is ${found.inOrder}, configured is ${inOrder}`]),
  ].join("; ");
  if (differences !== "" && wanted.update) {
    await group.update({ timeoutSec, inOrder }, signal);
    how = `updated it from timeout ${found.timeoutSec} s, in_order ${found.inOrder}`;
    return { timeoutMs: timeoutSec * 1000, inOrder, how, differences: "" };
  }
  return { timeoutMs: found.timeoutSec * 1000, inOrder: found.inOrder, how, differences };
}

/** The group's settings; undefined when there is no such group. */
export async function findGroup(group: GroupPort, name: string, signal: AbortSignal) {
  // The vendor's Java consumer compares names without regard to case.
  const lower = name.toLowerCase();
  return (await group.list(signal)).find((found) => found.name.toLowerCase() === lower);
}
