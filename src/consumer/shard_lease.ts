/**
 * The right to read a shard and to move its checkpoint, until one of two signals aborts.
 *
 * While it lasts, every heartbeat reports the shard, so that no other consumer gets it.
 */
export class ShardLease {
  readonly shard: number;
  readonly #revoked = new AbortController();
  readonly #lost = new AbortController();
  readonly #checkTime: () => void;

  /**
   * @param checkTime Called before every write; loses the lease when its time is over.
   */
  constructor(shard: number, checkTime: () => void = () => {}) {
    this.shard = shard;
    this.#checkTime = checkTime;
  }

  /** Aborts when the shard is to be given back: pull no more, finish delivering, write the checkpoint. */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  /** Aborts when another consumer may have the shard: stop at once and write nothing. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Whether something may be written for the shard right now. This checks the time itself, because timers fire late
   * in a process that was stopped (SIGSTOP, a frozen container).
   */
  get isValid(): boolean {
    if (!this.lost.aborted) this.#checkTime();
    return !this.lost.aborted;
  }

  /** Asks for the shard back. */
  revoke(reason: string): void {
    this.#revoked.abort(new Error(reason));
  }

  /** Ends the right to write. */
  lose(reason: string): void {
    this.#lost.abort(new Error(reason));
    this.revoke(reason);
  }
}
