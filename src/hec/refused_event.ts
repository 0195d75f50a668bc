import type { ParkReason } from "../dead_letters/dead_letter.ts";

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
