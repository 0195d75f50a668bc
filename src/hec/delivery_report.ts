/** What became of a batch. */
export interface DeliveryReport {
  readonly delivered: number;
  /** Numbers of the parked events in the batch. */
  readonly parked: readonly number[];
  /** Requests beyond those that had each event in them once. */
  readonly resends: number;
  readonly ackTimeouts: number;
  /** Whether the batch's body may be reused: no request that was given up may still be reading it. */
  readonly bodyIsFree: boolean;
}
