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
  /** Log groups written to the shard before `cursor`; undefined if it is not a cursor. */
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
  /** The shards that the answer gives it. */
  readonly answered: readonly number[];
}

/** Called within the call that an event is about, before it is answered. */
export interface SlsObserver {
  readonly onCheckpoint?: (event: CheckpointEvent) => void;
  readonly onPull?: (event: PullEvent) => void;
  readonly onHeartbeat?: (event: HeartbeatEvent) => void;
}
