import { onAbort } from "./on_abort.ts";

/**
 * Background work with an owner: leaving the block waits for all of it, and one failure aborts the rest.
 *
 * ```ts ignore
 * await using tasks = new TaskGroup(signal);
 * tasks.spawn("heartbeats", (signal) => heartbeats.run(signal));
 * ```
 */
export class TaskGroup implements AsyncDisposable {
  readonly #running = new Map<number, { name: string; settled: Promise<void> }>();
  #started = 0;
  readonly #stop = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  #isThrown = false;

  /**
   * @param parent When it aborts, every task's signal aborts with its reason.
   */
  constructor(parent?: AbortSignal) {
    const passing = onAbort(parent, (reason) => this.#stop.abort(reason));
    onAbort(this.#stop.signal, () => passing[Symbol.dispose]());
  }

  /** Aborts with the parent, by `abort`, by the first failure, or when the block is left. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Names of the tasks that have not ended. */
  get running(): string[] {
    return [...this.#running.values()].map(({ name }) => name);
  }

  /** Starts a task. Its rejection aborts the others, unless it is the reason of an abort. */
  spawn(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const id = this.#started++;
    // `#watch` is async, so even a task that throws at once is removed after it was added.
    const settled = this.#watch(task).finally(() => this.#running.delete(id));
    this.#running.set(id, { name, settled });
  }

  async #watch(task: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    try {
      await task(signal);
    } catch (error) {
      if (signal.aborted && error === signal.reason) return;
      this.#failure ??= { error };
      this.#stop.abort(error);
    }
  }

  /** Aborts every task's signal. */
  abort(reason: unknown): void {
    this.#stop.abort(reason);
  }

  /**
   * Waits until every task has ended, including those spawned meanwhile.
   * @throws the first failure of a task.
   */
  async join(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all([...this.#running.values()].map(({ settled }) => settled));
    }
    if (!this.#failure) return;
    this.#isThrown = true;
    throw this.#failure.error;
  }

  /** Joins. A failure that `join` has thrown inside the block is not thrown again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isThrown = this.#isThrown;
    try {
      await this.join();
    } catch (error) {
      if (!isThrown) throw error;
    } finally {
      this.#stop.abort(new DOMException("The task group has ended", "AbortError"));
    }
  }
}
