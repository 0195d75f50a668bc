import type { ParkReason } from "../hec/delivery.ts";

/** An event that Splunk will never take, with all that is needed to send it again. */
export interface DeadLetter {
  readonly source: string;
  readonly shard: number;
  /** Cursor of the page, and the log's number in it. */
  readonly cursor: string;
  readonly indexInPage: number;
  readonly reason: ParkReason;
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
  /** The envelope's bytes as they were sent. Never in a log line. */
  readonly envelope: Uint8Array;
}

/** Keeps dead letters durably. */
export interface DeadLetterPort {
  /** Resolves when the letter would survive a power cut. Failures are tried again without end inside. */
  park(letter: DeadLetter, signal: AbortSignal): Promise<void>;
}
