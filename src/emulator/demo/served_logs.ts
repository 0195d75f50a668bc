/** Counts the logs that SLS has served, each once; log groups that other programs wrote do not count. */
export class ServedLogs {
  /** By shard: the number of logs of each group that is not served yet, by its position. */
  readonly #waiting = new Map<number, Map<number, number>>();
  #logs = 0;

  /** Logs served at least once. */
  get logs(): number {
    return this.#logs;
  }

  /** A group of `logs` logs was written. */
  written(shard: number, position: number, logs: number): void {
    let waiting = this.#waiting.get(shard);
    if (!waiting) this.#waiting.set(shard, waiting = new Map());
    waiting.set(position, logs);
  }

  /** The groups from position `from` to `to`, exclusive, were served. */
  pulled(shard: number, from: number, to: number): void {
    const waiting = this.#waiting.get(shard);
    if (!waiting) return;
    for (let position = from; position < to; position++) {
      this.#logs += waiting.get(position) ?? 0;
      waiting.delete(position);
    }
  }
}
