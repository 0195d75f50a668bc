import { createHash } from "node:crypto";
import { liveSecrets } from "../base/redactor.ts";

/** What became of the logs that one checkpoint covers: fetched = delivered + filtered + parked. */
export interface LedgerRange {
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  /** The first cursor that is covered. */
  readonly from: string;
  /** The end, exclusive: the checkpoint. */
  readonly to: string;
  /** Set when the logs between had expired in SLS before they could be read. */
  readonly expired?: true;
  readonly fetched: number;
  readonly delivered: number;
  readonly filtered: number;
  /** Filtered logs on which the query failed, if there are any. */
  readonly query_failed?: number;
  /** Logs from before 1990 or from more than a day ahead, if there are any. */
  readonly odd_times?: number;
  readonly parked: number;
  readonly pages: number;
  readonly raw_bytes: number;
  readonly event_bytes: number;
  readonly resends: number;
  readonly ack_timeouts: number;
}

/** A line of a ledger file, without its own hash. */
export interface LedgerLine extends LedgerRange {
  /** Number of the line in its file, from 1. */
  readonly n: number;
  /** When it was written, ISO 8601: before the checkpoint itself. */
  readonly time: string;
  /** Hash of the line before; 64 zeros in the first. */
  readonly prev: string;
}

/** In place of a hash before the first line. */
export const NO_HASH = "0".repeat(64);

/**
 * Makes a line of the file.
 *
 * @returns the line with its line end, and its hash: SHA-256 of the line without the hash itself.
 */
export function writeLedgerLine(
  line: LedgerLine,
): { readonly text: string; readonly hash: string } {
  const body = JSON.stringify(line, liveSecrets.replacer); // a server may put anything into a cursor
  const hash = hashOf(body);
  return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
}

/**
 * Reads a line of a file.
 *
 * @returns the line with its hash; undefined when it is not a ledger line, or its hash does not match.
 */
export function readLedgerLine(text: string): (LedgerLine & { readonly hash: string }) | undefined {
  const match = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/.exec(text);
  if (!match || hashOf(`${match[1]}}`) !== match[2]) return undefined;
  // The hash matches: this program wrote it.
  return JSON.parse(text) as LedgerLine & { hash: string };
}

function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
