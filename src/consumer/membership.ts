import type { ShardStart } from "../base/cursor.ts";
import type { Env } from "../base/env.ts";
import { Incident } from "../base/incident.ts";
import { retry } from "../base/retry.ts";
import { TaskGroup } from "../base/task_group.ts";
import { withTimeout } from "../base/timeout.ts";
import { findGroup, joinGroup } from "./join_group.ts";
import type { ConsumerSource } from "./ports.ts";

/** How often the group's settings are read again. */
const READ_AGAIN_MS = 60_000;

/** One consumer's membership of its group: joins, follows the group's settings, and leaves. */
export class Membership {
  readonly #env: Env;
  readonly #source: ConsumerSource;
  #groupTimeoutMs = 0;
  #intervalMs = 0;
  #inOrder = false;
  /** The group was joined once: from then on its settings are only read. */
  #joined = false;
  /** The reported differences between the group's settings and the configuration. */
  #differences = "";
  /** With start `end`, the shards that existed when the program started. */
  #firstShards = new Set<number>();

  constructor(env: Env, source: ConsumerSource) {
    this.#env = env;
    this.#source = source;
  }

  /** Silence after which the group gives this consumer's shards to others. */
  get groupTimeoutMs(): number {
    return this.#groupTimeoutMs;
  }

  /** Time between heartbeats: as configured, or a third of the group's own timeout if that is less. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Whether children of a split or merge wait until their parents are finished. */
  get inOrder(): boolean {
    return this.#inOrder;
  }

  /** Joins, with as many tries as it takes. Returns early when `stop` aborts. */
  async join(stop: AbortSignal): Promise<void> {
    const { name: source, wanted, start, shards } = this.#source;
    await using starting = new TaskGroup(stop);
    starting.spawn("join", async (signal) => {
      const about = `${source}: join consumer group ${wanted.name}`;
      await retry(this.#env, { about, source }, signal, () => this.joinOnce(signal));
    });
    starting.spawn("list shards", async (signal) => {
      if (start !== "end") return;
      const about = `${source}: list the shards`;
      const list = () => shards.list(signal);
      const listed = await retry(this.#env, { about, source }, signal, list);
      this.#firstShards = new Set(listed.map(({ shard }) => shard));
    });
    await starting.join();
  }

  /**
   * Where a shard without a checkpoint begins. Start `end` applies to the shards that exist when the program starts: a
   * shard that a split or merge creates later holds only newer logs, and is read from its beginning.
   */
  startOf(shard: number): ShardStart {
    const { start } = this.#source;
    return start === "end" && !this.#firstShards.has(shard) ? "begin" : start;
  }

  /**
   * Reads the settings again from time to time until `signal` aborts: another member may change them, as the vendor's
   * own consumers do when they start.
   *
   * @param onChange Called when they have changed.
   */
  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { group, wanted } = this.#source;
    for (;;) {
      await this.#env.clock.sleep(READ_AGAIN_MS, signal);
      try {
        const found = await findGroup(group, wanted.name, signal);
        if (!found) continue; // the next heartbeat creates it
        const same = found.timeoutSec * 1000 === this.#groupTimeoutMs &&
          found.inOrder === this.#inOrder;
        if (same) continue;
        await this.joinOnce(signal);
        onChange();
      } catch {
        signal.throwIfAborted(); // keep the current settings; heartbeats report failures of the server
      }
    }
  }

  /** Makes sure that the group exists, and reads its settings. */
  async joinOnce(signal: AbortSignal): Promise<void> {
    const { name: source, group, wanted, consumer, heartbeatIntervalMs } = this.#source;
    const { telemetry } = this.#env;
    // Set once at most: two members that set their own each time would change it back and forth.
    const update = wanted.update && !this.#joined;
    const { name, timeoutMs, newTimeoutMs, inOrder } = wanted;
    const joined = await joinGroup(
      group,
      { name, timeoutMs, newTimeoutMs, inOrder, update },
      signal,
    );
    this.#joined = true;
    this.#groupTimeoutMs = joined.timeoutMs;
    this.#inOrder = joined.inOrder;
    this.#intervalMs = Math.min(heartbeatIntervalMs, Math.floor(joined.timeoutMs / 3));
    telemetry({
      type: "source_ready",
      source,
      group: name,
      consumer,
      groupTimeoutMs: joined.timeoutMs,
      heartbeatIntervalMs: this.#intervalMs,
      how: joined.how,
    });
    const { differences } = joined;
    if (differences !== "" && differences !== this.#differences) {
      telemetry({ type: "group_differs", source, group: name, differences });
    }
    this.#differences = differences;
  }

  /**
   * Lists no shard in a last heartbeat. Shards that SLS has promised to another consumer pass over by it. The others
   * wait for the group's timeout, as SLS knows no call by which a consumer leaves its group.
   */
  async leave(timeoutMs: number): Promise<void> {
    const { name: source, group, consumer } = this.#source;
    const { clock } = this.#env;
    try {
      const beat = (signal: AbortSignal) => group.heartbeat(consumer, [], timeoutMs, signal);
      await withTimeout({ what: "The last heartbeat", timeoutMs }, clock, undefined, beat);
    } catch (error) {
      const hint = `Others get the shards after the group's timeout of ${this.#groupTimeoutMs} ms`;
      const leaving = new Incident(this.#env, `${source}: release the shards`, { source });
      leaving.failed(error, { hint, retryInMs: 0, instead: { hint } });
    }
  }
}
