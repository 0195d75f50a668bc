/**
 * Background work with an owner: leaving the block awaits it all, and one failure aborts the rest.
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
  #told = false;

  /** @param parent When it aborts, every task's signal aborts with its reason. */
  constructor(parent?: AbortSignal) {
    if (parent?.aborted) this.#stop.abort(parent.reason);
    else if (parent) {
      const pass = () => this.#stop.abort(parent.reason);
      parent.addEventListener("abort", pass, { once: true });
      this.#stop.signal.addEventListener(
        "abort",
        () => parent.removeEventListener("abort", pass),
        { once: true },
      );
    }
  }

  /** Aborts by the parent, by `abort` or by the first failure; at the latest when the block is left. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Names of the tasks that have not ended. */
  get running(): string[] {
    return [...this.#running.values()].map(({ name }) => name);
  }

  /** Starts a task. Its rejection aborts the others, unless it only passes on that they were aborted. */
  spawn(name: string, task: (signal: AbortSignal) => Promise<void>): void {
    const id = this.#started++;
    // Also a task that throws before it waits leaves the map after it has entered it.
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
   * Waits until every task has ended, those spawned meanwhile included.
   * @throws the first failure of a task.
   */
  async join(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all([...this.#running.values()].map(({ settled }) => settled));
    }
    if (!this.#failure) return;
    this.#told = true;
    throw this.#failure.error;
  }

  /** Joins; a failure that `join` threw inside the block is not thrown a second time. */
  async [Symbol.asyncDispose](): Promise<void> {
    const told = this.#told;
    try {
      await this.join();
    } catch (error) {
      if (!told) throw error;
    } finally {
      this.#stop.abort(new DOMException("The task group has ended", "AbortError"));
    }
  }
}
