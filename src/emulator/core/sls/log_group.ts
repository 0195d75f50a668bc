/** One written batch and the unit of reading: counts and cursors count log groups, not logs. */
export interface LogGroup {
  readonly topic?: string;
  readonly source?: string;
  /** Keys without the `__tag__:` that readers prepend. */
  readonly tags?: readonly (readonly [key: string, value: string])[];
  readonly logs: readonly Log[];
}

/** One log. */
export interface Log {
  /** Whole seconds since 1970. */
  readonly timeSec: number;
  /** Nanoseconds within that second; absent when the log has none. */
  readonly timeNs?: number;
  /** In order; keys may repeat. Values are any bytes. */
  readonly contents: readonly (readonly [key: string, value: string | Uint8Array])[];
}
