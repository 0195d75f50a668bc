/** Counts the logs of log groups that SLS has handed out, each once; groups that others wrote do not count. */
export class ServedLogs {
  /** By shard, the logs of each group that was not handed out yet, by its position. */
  readonly #waiting = new Map<number, Map<number, number>>();
  #logs = 0;

  /** Logs handed out at least once. */
  get logs(): number {
    return this.#logs;
  }

  /** A group of so many logs was written. */
  written(shard: number, position: number, logs: number): void {
    let waiting = this.#waiting.get(shard);
    if (!waiting) this.#waiting.set(shard, waiting = new Map());
    waiting.set(position, logs);
  }

  /** The groups from one position up to another, exclusive, were handed out. */
  pulled(shard: number, from: number, to: number): void {
    const waiting = this.#waiting.get(shard);
    if (!waiting) return;
    for (let position = from; position < to; position++) {
      this.#logs += waiting.get(position) ?? 0;
      waiting.delete(position);
    }
  }
}
