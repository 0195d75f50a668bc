import type { AppDeps } from "./deps.ts";
import type { PullRates } from "../base/pull_rates.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { NEW_GROUP_TIMEOUT_MS } from "../config/group_timeout.ts";
import type { DataPlane, LedgerPort } from "../consumer/ports.ts";
import { SourceConsumer } from "../consumer/source_consumer.ts";
import type { Sls } from "./open_sls.ts";
import { rateLimitsOf } from "./rate_limits.ts";

/** Runs the shards of all sources, which may come and go. Dispose it when all have ended. */
export interface DataPlanes extends AsyncDisposable {
  /**
   * Adds a source.
   * @returns where its shards are run.
   */
  add(source: SourceConfig): DataPlane;
  /** Removes a source, whose shards must have ended. */
  remove(id: string): void;
}

/** What all sources share. */
interface SharedParts {
  readonly sls: Sls;
  readonly dataPlanes: DataPlanes;
  readonly ledger: LedgerPort;
  readonly rates: PullRates;
}

interface RunningSource {
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** The sources that are being forwarded. They may be added and removed at any time; leaving the block ends them all. */
export class Sources implements AsyncDisposable {
  readonly #drainTimeoutMs: number;
  readonly #parts: SharedParts;
  readonly #deps: AppDeps;
  readonly #tasks: TaskGroup;
  /** By id. */
  readonly #running = new Map<string, RunningSource>();
  #abandonedShards = 0;

  /**
   * @param stop Ends all sources when it aborts.
   */
  constructor(
    { drainTimeoutMs }: Pick<Config, "drainTimeoutMs">,
    parts: SharedParts,
    deps: AppDeps,
    stop: AbortSignal,
  ) {
    this.#drainTimeoutMs = drainTimeoutMs;
    this.#parts = parts;
    this.#deps = deps;
    this.#tasks = new TaskGroup(stop);
  }

  /** Ids of the sources, in the order in which they were added. */
  get ids(): string[] {
    return [...this.#running.keys()];
  }

  /** Aborts when all sources are stopped, as after an unexpected end of one. */
  get signal(): AbortSignal {
    return this.#tasks.signal;
  }

  /** Shards that were given up because the time to drain was over; their logs stay in SLS. */
  get abandonedShards(): number {
    return this.#abandonedShards;
  }

  /**
   * Starts to forward a source, until it is removed or all are stopped.
   * @throws {RangeError} when there is a source of that id.
   */
  add(source: SourceConfig): void {
    const { name } = source;
    if (this.#running.has(name)) throw new RangeError(`Source ${name} is being forwarded already`);
    const consumer = this.#consumerOf(source);
    const removed = new AbortController();
    const ended = Promise.withResolvers<void>();
    this.#running.set(name, { stop: removed, ended: ended.promise });
    this.#tasks.spawn(name, async (signal) => {
      try {
        const abandoned = await consumer.run(AbortSignal.any([signal, removed.signal]));
        this.#abandonedShards += abandoned; // read after the wait: other sources count too
      } finally {
        this.#parts.dataPlanes.remove(name);
        this.#parts.rates.remove(name);
        this.#parts.sls.remove(name);
        this.#running.delete(name);
        ended.resolve();
      }
    });
  }

  /** Gives a source's shards back and forgets it, once what was pulled is delivered or the time to drain is over. */
  async remove(id: string): Promise<void> {
    const source = this.#running.get(id);
    source?.stop.abort(new DOMException("The source is removed", "AbortError"));
    await source?.ended;
  }

  /**
   * Waits until all sources have ended.
   * @throws what ended one unexpectedly.
   */
  async join(): Promise<void> {
    await this.#tasks.join();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]();
  }

  #consumerOf(source: SourceConfig): SourceConsumer {
    const { name, consumer } = source;
    const { sls, dataPlanes, ledger, rates } = this.#parts;
    const { group, shards, logstore } = sls.of(source);
    rates.add(name, rateLimitsOf(source)); // before the data plane asks for it
    return new SourceConsumer(this.#deps, {
      name,
      consumer: consumer.name ?? this.#consumerName(consumer.group),
      wanted: {
        name: consumer.group,
        timeoutMs: consumer.groupTimeoutMs,
        newTimeoutMs: NEW_GROUP_TIMEOUT_MS,
        inOrder: consumer.inOrder,
        update: consumer.updateGroup,
      },
      start: consumer.start,
      heartbeatIntervalMs: consumer.heartbeatIntervalMs,
      checkpointIntervalMs: consumer.checkpointIntervalMs,
      drainTimeoutMs: this.#drainTimeoutMs,
      group,
      shards,
      logstore,
      dataPlane: dataPlanes.add(source),
      ledger,
      rateWaits: () => rates.waits(name),
    });
  }

  /** Unique for each process, even if all containers have the same host name and process id 1. */
  #consumerName(group: string): string {
    const { hostname, pid, uuid } = this.#deps;
    return `${group}-${hostname()}-${pid}-${uuid().slice(0, 8)}`;
  }
}
