import type { DataPlane, ShardEnd, ShardJob, ShardListener } from "../consumer/ports.ts";
import type { DataPlaneWorker } from "./data_plane_worker.ts";
import type { WorkerPool } from "./worker_pool.ts";

/** The data plane of one source in workers: each shard runs in the one that has the least to do when it starts. */
export class RemoteDataPlane implements DataPlane {
  readonly #pool: WorkerPool;
  readonly #source: string;

  /** @param source The source's name. */
  constructor(pool: WorkerPool, source: string) {
    this.#pool = pool;
    this.#source = source;
  }

  async run(job: ShardJob, listener: ShardListener): Promise<ShardEnd> {
    const { shard, cursor, revoked, lost } = job;
    const either = AbortSignal.any([revoked, lost]);
    try {
      return await this.#begin(either, async (worker, run) => {
        const onRevoked = () => worker.post({ type: "revoke", run });
        const onLost = () => worker.drop(run);
        revoked.addEventListener("abort", onRevoked, { once: true });
        lost.addEventListener("abort", onLost, { once: true });
        try {
          const start = { type: "start", run, source: this.#source, shard, cursor } as const;
          return (await worker.run(start, listener))!;
        } finally {
          revoked.removeEventListener("abort", onRevoked);
          lost.removeEventListener("abort", onLost);
        }
      });
    } catch (error) {
      if (error !== either.reason) throw error;
      return { kind: lost.aborted ? "lost" : "drained" }; // before anything was begun
    }
  }

  async notify(
    event: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#begin(signal, async (worker, run) => {
      const onLost = () => worker.drop(run);
      signal.addEventListener("abort", onLost, { once: true });
      try {
        const end = await worker.run({ type: "notify", run, source: this.#source, event });
        signal.throwIfAborted();
        if (end) throw new Error("Cannot deliver a report: the worker that had it has died");
      } finally {
        signal.removeEventListener("abort", onLost);
      }
    });
  }

  /** Begins at once in the worker that is chosen, so that it counts when the next one is. */
  async #begin<T>(
    signal: AbortSignal,
    begin: (worker: DataPlaneWorker, run: number) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const worker = this.#pool.idlest();
      if (worker) return await begin(worker, this.#pool.nextRun());
      await this.#pool.untilReplaced(signal);
    }
  }
}
