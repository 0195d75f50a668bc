/** Where something happened. */
export interface LogstoreRef {
  readonly project: string;
  readonly logstore: string;
}

/** One shard of a logstore. */
export interface ShardRef extends LogstoreRef {
  readonly shard: number;
}

/** An accepted UpdateCheckPoint. */
export interface CheckpointEvent extends ShardRef {
  readonly group: string;
  /** May be empty when the update was forced. */
  readonly consumer: string;
  readonly cursor: string;
  /** The checkpoint before; empty if there was none. */
  readonly previousCursor: string;
  /** Log groups written to the shard before `cursor`; undefined if it is no cursor. */
  readonly position: number | undefined;
  /** The same for `previousCursor`. */
  readonly previousPosition: number | undefined;
}

/** An answered PullLogs. */
export interface PullEvent extends ShardRef {
  readonly cursor: string;
  readonly nextCursor: string;
  /** Log groups in the answer, after any query. */
  readonly groups: number;
  /** Bytes of the answer before compression. */
  readonly rawBytes: number;
}

/** An accepted HeartBeat. */
export interface HeartbeatEvent extends LogstoreRef {
  readonly group: string;
  readonly consumer: string;
  /** The shards that the consumer still works on. */
  readonly reported: readonly number[];
  /** The shards that it was told it holds. */
  readonly answered: readonly number[];
}

/** Listeners of one kind of event, called in order, within the call they tell of. */
export class Hook<Event> {
  readonly #listeners = new Set<(event: Event) => void>();

  /** @returns the function that takes the listener off again. */
  add(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** What the emulator tells of. */
export class Hooks {
  readonly checkpoint = new Hook<CheckpointEvent>();
  readonly pull = new Hook<PullEvent>();
  readonly heartbeat = new Hook<HeartbeatEvent>();
}
