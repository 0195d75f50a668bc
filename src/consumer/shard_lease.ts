/** Why a lease ended without being given back. */
export class LeaseLost extends Error {
  override name = "LeaseLost";
}

/**
 * The right to read a shard and to move its checkpoint, until one of two signals.
 *
 * While it lasts the shard stands in every heartbeat, so that nobody else gets it.
 */
export class ShardLease {
  readonly shard: number;
  readonly #revoked = new AbortController();
  readonly #lost = new AbortController();
  readonly #checkTime: () => void;

  /** @param checkTime Loses the lease if its time is over; asked before anything is written. */
  constructor(shard: number, checkTime: () => void = () => {}) {
    this.shard = shard;
    this.#checkTime = checkTime;
  }

  /** Aborts when the shard is to be given back: pull no more, finish, write the checkpoint. */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  /** Aborts when the shard may be somebody else's: stop at once and write nothing. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Whether something may be written for the shard at this very moment. Timers that were to notice the end
   * come late in a process that was stopped (SIGSTOP, a frozen container): the time itself is looked at.
   */
  get held(): boolean {
    if (!this.lost.aborted) this.#checkTime();
    return !this.lost.aborted;
  }

  revoke(reason: string): void {
    this.#revoked.abort(new LeaseLost(reason));
  }

  lose(reason: string): void {
    this.#lost.abort(new LeaseLost(reason));
    this.revoke(reason);
  }
}
