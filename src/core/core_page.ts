/** How the logs of a page become events, as bytes that are ready to be copied. */
export interface CoreMapping {
  /** `,"host":"…"`; empty when the host comes from the log group. */
  readonly host: Uint8Array;
  /** `,"source":"…","sourcetype":"…","index":"…"`, as far as they are set. */
  readonly metadata: Uint8Array;
  /** `,"fields":{"sls_id":"…`; empty when events have no id. */
  readonly id: Uint8Array;
  /** The table of topics and keys that expand: see `assembly/route.ts`. */
  readonly expand: Uint8Array;
  readonly asText: boolean;
}

/** A page, and how it is to be read. */
export interface CorePage {
  /** LogGroupList bytes, or one raw LZ4 block of them; they must not change until the page is done. */
  readonly body: Uint8Array;
  readonly isLz4: boolean;
  /** Bytes of the LogGroupList. */
  readonly rawBytes: number;
  readonly mapping: CoreMapping;
  /** The decimal cursor of the first log group, or what ids carry in place of cursors, escaped. */
  readonly cursor: Uint8Array;
  /** Later times of logs cannot be meant, as those before 1990: Unix time in seconds, below 2^32; that by default. */
  readonly newestSec?: number;
  /** Whether each further group's cursor is one more; if not, logs are numbered through the page. */
  readonly cursorCounts: boolean;
}

/** What a draft may hold; a first event is taken however large it is. */
export interface CoreLimits {
  readonly maxBytes: number;
  readonly maxEvents: number;
  readonly maxEventBytes: number;
}
