/** What became of a batch. */
export interface DeliveryReport {
  readonly delivered: number;
  /** Numbers of the parked events in the batch. */
  readonly parked: readonly number[];
  /** Requests beyond the first, which had all events in it. */
  readonly resends: number;
  readonly ackTimeouts: number;
}
