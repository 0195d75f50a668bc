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

  constructor(shard: number) {
    this.shard = shard;
  }

  /** Aborts when the shard is to be given back: pull no more, finish, write the checkpoint. */
  get revoked(): AbortSignal {
    return this.#revoked.signal;
  }

  /** Aborts when the shard may be somebody else's: stop at once and write nothing. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  revoke(reason: string): void {
    this.#revoked.abort(new LeaseLost(reason));
  }

  lose(reason: string): void {
    this.#lost.abort(new LeaseLost(reason));
    this.revoke(reason);
  }
}
