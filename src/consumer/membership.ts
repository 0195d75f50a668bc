import { findGroup, joinGroup, type WantedGroup } from "./join_group.ts";
import { persist, type PersistOptions } from "./persist.ts";
import type { GroupPort } from "./ports.ts";

/** How often the group's settings are read again. */
const READ_AGAIN_MS = 60_000;

export interface MembershipOptions extends PersistOptions {
  readonly source: string;
  readonly consumer: string;
  readonly group: GroupPort;
  readonly wanted: WantedGroup;
  readonly heartbeatIntervalMs: number;
}

/** One consumer's place in its group: joins, and knows what the group's own settings are. */
export class Membership {
  readonly #options: MembershipOptions;
  #groupTimeoutMs = 0;
  #intervalMs = 0;
  #inOrder = false;
  /** The group was joined once: from then on its settings are only read. */
  #joined = false;
  /** Where the group's settings were last said to differ from the configuration. */
  #differences = "";

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /** Silence after which the group gives this consumer's shards to others. */
  get groupTimeoutMs(): number {
    return this.#groupTimeoutMs;
  }

  /** Time between heartbeats: a third of the group's own timeout, if that is less than configured. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Whether children of a split or merge wait until their parents are finished. */
  get inOrder(): boolean {
    return this.#inOrder;
  }

  /** Joins, however often that takes. @throws the reason of `stop` when it aborts first. */
  async join(stop: AbortSignal): Promise<void> {
    const { wanted, source } = this.#options;
    const about = `${source}: join consumer group ${wanted.name}`;
    await persist(about, this.#options, stop, () => this.joinOnce(stop));
  }

  /**
   * Reads the settings again from time to time, until `signal` aborts: another member may change them, as
   * the vendor's own consumers do when they start.
   */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { group, wanted, clock } = this.#options;
    for (;;) {
      await clock.sleep(READ_AGAIN_MS, signal);
      try {
        const found = await findGroup(group, wanted.name, signal);
        if (!found) continue; // the next heartbeat makes it again
        const same = found.timeoutSec * 1000 === this.#groupTimeoutMs &&
          found.inOrder === this.#inOrder;
        if (same) continue;
        await this.joinOnce(signal);
        onChange();
      } catch {
        signal.throwIfAborted(); // what is known holds; of a server in trouble the heartbeats tell
      }
    }
  }

  /** Makes sure that the group exists, and reads its settings. */
  async joinOnce(signal: AbortSignal): Promise<void> {
    const { group, wanted, source, consumer, heartbeatIntervalMs, telemetry } = this.#options;
    // Set once at most: two members that set their own each time would change it back and forth.
    const update = wanted.update && !this.#joined;
    const { timeoutMs, inOrder, how, differences } = await joinGroup(
      group,
      { ...wanted, update },
      signal,
    );
    this.#joined = true;
    this.#groupTimeoutMs = timeoutMs;
    this.#inOrder = inOrder;
    this.#intervalMs = Math.min(heartbeatIntervalMs, Math.floor(timeoutMs / 3));
    telemetry({
      type: "source_ready",
      source,
      group: wanted.name,
      consumer,
      groupTimeoutMs: timeoutMs,
      heartbeatIntervalMs: this.#intervalMs,
      how,
    });
    if (differences !== "" && differences !== this.#differences) {
      telemetry({ type: "group_differs", source, group: wanted.name, differences });
    }
    this.#differences = differences;
  }
}
