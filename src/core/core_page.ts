/** How the logs of a page become events, as bytes that are ready to be copied. */
export interface CoreMapping {
  /** `,"host":"…"`; empty when the host comes from the log group. */
  readonly host: Uint8Array;
  /** `,"source":"…","sourcetype":"…","index":"…"`; those that are set. */
  readonly metadata: Uint8Array;
  /** `,"fields":{"sls_id":"…`; empty when events have no id. */
  readonly id: Uint8Array;
  /** The table of topics and keys that expand: see `assembly/mapping.ts`. */
  readonly expand: Uint8Array;
  /** Routes and templates: see `assembly/routes.ts`; empty when host and metadata are ready. */
  readonly rules: Uint8Array;
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
  /** The decimal cursor of the first log group, or what ids have instead of a cursor, escaped. */
  readonly cursor: Uint8Array;
  /** Newest plausible time of a log, in seconds since 1970, below 2^32, which is the default; the oldest is in 1990. */
  readonly newestSec?: number;
  /** Whether each further group's cursor is one more; otherwise logs are numbered through the page. */
  readonly cursorCounts: boolean;
}

/** What a batch may hold; a first event is taken however large it is. */
export interface CoreLimits {
  readonly maxBytes: number;
  readonly maxEvents: number;
  readonly maxEventBytes: number;
}
