import type { BeforeQuery, FilteredLogs } from "../sls/pull_logs.ts";

/** A page in memory. Disposing gives the memory back. */
export interface OpenPage extends Disposable {
  readonly kind: "page";
  /** Where it was pulled. */
  readonly cursor: string;
  readonly nextCursor: string;
  readonly groupCount: number;
  /** LogGroupList bytes, or one LZ4 block of them, which the core opens itself; valid until it is disposed. */
  readonly body: Uint8Array;
  readonly isLz4: boolean;
  /** Bytes of the LogGroupList, as announced. */
  readonly rawBytes: number;
  /** Whether log group i has the page's cursor + i. */
  readonly unfiltered: boolean;
  /** What a query left out, as far as the server says. */
  readonly filtered?: FilteredLogs | undefined;
  /** What the server read for it, with a query. */
  readonly beforeQuery?: BeforeQuery | undefined;
}
