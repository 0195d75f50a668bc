import { liveSecrets } from "../base/redactor.ts";

/** Why an event is parked. */
export const PARK_REASONS = ["refused", "too_large", "oversize", "malformed"] as const;
export type ParkReason = typeof PARK_REASONS[number];

/** An event that Splunk will never accept, with all that is needed to send it again. */
export interface DeadLetter {
  readonly source: string;
  readonly shard: number;
  /** Cursor of the page with the log, and the log's number in it. */
  readonly cursor: string;
  readonly indexInPage: number;
  readonly reason: ParkReason;
  /** HTTP status of the refusal; 0 when it was never sent. */
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
  /** The envelope's bytes as they were sent: valid UTF-8. They are never logged. */
  readonly envelope: Uint8Array;
}

/** A dead letter as it is in a line of a dead-letter file. */
export interface DeadLetterRecord {
  /** When it was parked, ISO 8601. */
  readonly time: string;
  readonly source: string;
  readonly shard: number;
  readonly cursor: string;
  readonly index_in_page: number;
  readonly reason: string;
  readonly status: number;
  /** HEC's code; null when the answer had none. */
  readonly code: number | null;
  readonly text: string;
  /** The envelope's bytes as text. */
  readonly envelope: string;
}

/** Keeps dead letters durably. */
export interface DeadLetterPort {
  /**
   * Keeps a letter; it would survive a power cut when this resolves. Failures are retried without end.
   *
   * @throws the signal's reason when `signal` aborts first.
   */
  park(letter: DeadLetter, signal: AbortSignal): Promise<void>;
}

/** The line of a letter, with its line end. Secrets are removed from the server's texts; the envelope is unchanged. */
export function deadLetterLine(letter: DeadLetter, nowMs: number): string {
  const record: DeadLetterRecord = {
    time: new Date(nowMs).toISOString(),
    source: letter.source,
    shard: letter.shard,
    cursor: liveSecrets.redact(letter.cursor),
    index_in_page: letter.indexInPage,
    reason: letter.reason,
    status: letter.status,
    code: letter.code ?? null,
    text: liveSecrets.redact(letter.text),
    envelope: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(letter.envelope),
  };
  return JSON.stringify(record) + "\n";
}
