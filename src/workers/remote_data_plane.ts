import { onAbort } from "../base/on_abort.ts";
import type { DataPlane, ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import type { WorkerHandle } from "./worker_handle.ts";
import type { WorkerPool } from "./worker_pool.ts";

/** The data plane of one source in workers: each shard runs in the worker that has the fewest runs when it starts. */
export class RemoteDataPlane implements DataPlane {
  readonly #pool: WorkerPool;
  readonly #source: string;

  /**
   * @param source Name of a source that the pool knows.
   */
  constructor(pool: WorkerPool, source: string) {
    this.#pool = pool;
    this.#source = source;
  }

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const { shard, cursor, endCursor, revoked, lost } = job;
    const either = AbortSignal.any([revoked, lost]);
    try {
      return await this.#begin(either, async (worker, run) => {
        using _revoking = onAbort(revoked, () => worker.post({ type: "revoke", run }));
        using _losing = onAbort(lost, () => worker.drop(run));
        const source = this.#source;
        const start = { type: "start", run, source, shard, cursor, endCursor } as const;
        return (await worker.run(start, listener))!;
      });
    } catch (error) {
      if (error !== either.reason) throw error;
      return { kind: lost.aborted ? "lost" : "drained" }; // before anything was started
    }
  }

  async notify(
    event: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#begin(signal, async (worker, run) => {
      using _ = onAbort(signal, () => worker.drop(run));
      const end = await worker.run({ type: "notify", run, source: this.#source, event });
      signal.throwIfAborted();
      if (end) throw new Error("Cannot deliver a report: the worker that had it has died");
    });
  }

  /** Starts the run in the chosen worker before anything is awaited, so that it counts when the next one is chosen. */
  async #begin<T>(
    signal: AbortSignal,
    begin: (worker: WorkerHandle, run: number) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const worker = this.#pool.idlest();
      if (worker) return await begin(worker, this.#pool.nextRun());
      await this.#pool.untilReplaced(signal);
    }
  }
}
