import { createHash } from "node:crypto";
import { liveSecrets } from "../base/redactor.ts";

/** What became of the logs that one checkpoint covers: fetched = delivered + filtered + parked. */
export interface LedgerLine {
  /** Number of the line in its file, from 1. */
  readonly n: number;
  /** When it was written, ISO 8601: before the checkpoint itself. */
  readonly time: string;
  readonly consumer: string;
  readonly source: string;
  readonly shard: number;
  /** The logs from this cursor on are covered. */
  readonly from: string;
  /** Up to this cursor, exclusive: the checkpoint. */
  readonly to: string;
  /** Set when the logs between had expired in SLS before they could be read. */
  readonly expired?: true;
  readonly fetched: number;
  readonly delivered: number;
  readonly filtered: number;
  /** Those of the filtered on which the query failed, if there are any. */
  readonly query_failed?: number;
  /** Logs of before 1990 or of more than a day ahead, if there are any. */
  readonly odd_times?: number;
  readonly parked: number;
  readonly pages: number;
  readonly raw_bytes: number;
  readonly event_bytes: number;
  readonly resends: number;
  readonly ack_timeouts: number;
  /** Hash of the line before; 64 zeros in the first. */
  readonly prev: string;
}

/** What stands in place of a hash before the first line. */
export const NO_HASH = "0".repeat(64);

/** A line as it stands in the file, and its hash: SHA-256 of the line without the hash itself. */
export function writeLedgerLine(
  line: LedgerLine,
): { readonly text: string; readonly hash: string } {
  const body = JSON.stringify(line, liveSecrets.replacer); // a server may make a cursor of anything
  const hash = hashOf(body);
  return { text: `${body.slice(0, -1)},"hash":"${hash}"}\n`, hash };
}

/** A line that was read back, with its hash; undefined when it is not one, or the hash is not its own. */
export function readLedgerLine(text: string): (LedgerLine & { readonly hash: string }) | undefined {
  const match = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/.exec(text);
  if (!match || hashOf(`${match[1]}}`) !== match[2]) return undefined;
  // What has the right hash was written by this program.
  return JSON.parse(text) as LedgerLine & { hash: string };
}

function hashOf(body: string): string {
  return createHash("sha256").update(body).digest("hex");
}
