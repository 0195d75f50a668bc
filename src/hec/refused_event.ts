/** Why an event is parked. */
export const PARK_REASONS = ["refused", "too_large", "oversize", "malformed"] as const;
export type ParkReason = typeof PARK_REASONS[number];

/** An event that HEC will never take. */
export interface RefusedEvent {
  /** Its number in the batch. */
  readonly at: number;
  /** Its envelope as it was sent. */
  readonly envelope: Uint8Array;
  readonly reason: ParkReason;
  /** HTTP status, code and text of the answer. */
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}
