/** One HEC token, `inputs.conf [http://<name>]`. */
export interface HecToken {
  /** The secret that clients send. */
  readonly token: string;
  /** Gives the default source, `http:<name>`; "emulator" by default. */
  readonly name?: string;
  /** Index of events that name none; "main" by default. */
  readonly index?: string;
  /** Indexes that events may name; undefined or empty allows all. */
  readonly indexes?: readonly string[];
  readonly host?: string;
  readonly source?: string;
  readonly sourcetype?: string;
  /** Indexer acknowledgment; off by default. */
  readonly useAck?: boolean;
  /** Answers 403 code 1; off by default. */
  readonly disabled?: boolean;
  /** Accepts `?token=`; off by default. */
  readonly allowQueryStringAuth?: boolean;
}

/** How requests are read where no source says what Splunk does. */
export interface ReadingSwitches {
  /** A body that is a JSON array of envelopes: code 6, or read as its elements. */
  readonly arrays: "reject" | "accept";
  /** `"event": true`. */
  readonly eventTrue: "accept" | "reject";
  /** A `time` that is negative, null or no number: code 6, or the time of receipt. */
  readonly oddTime: "reject" | "receipt_time";
  /** A string with a single surrogate escape, such as `"cut \ud83d"`: code 6, or accepted. */
  readonly loneSurrogates: "reject" | "accept";
  /** A `host`, `source`, `sourcetype` or `index` that is not a string: code 6, or as if absent. */
  readonly nonStringMetadata: "reject" | "ignore";
  /** What `max_content_length` counts when the body is gzip. */
  readonly bodyLimitCounts: "received" | "inflated";
  /** Whether `splunk` and `basic` in lower case are accepted as schemes. */
  readonly schemeCase: "exact" | "any";
  /** Whether `/health?token=` answers 21 and 22, as the manual says; 10.4.3 does not. */
  readonly healthChecksToken: boolean;
}

export const DEFAULT_READING_SWITCHES: ReadingSwitches = {
  arrays: "reject",
  eventTrue: "accept",
  oddTime: "reject",
  loneSurrogates: "reject",
  nonStringMetadata: "reject",
  bodyLimitCounts: "received",
  schemeCase: "exact",
  healthChecksToken: false,
};

/** Bounds of one request; the defaults are those of Splunk Enterprise 10.4.3 where it has them. */
export interface ReadingLimits {
  /** `max_content_length`: larger bodies get 413. */
  readonly maxContentBytes: number;
  /** `maxEventSize`: larger events get code 6. */
  readonly maxEventBytes: number;
  /** Protects the emulator's own memory from gzip bombs: 413 above it. */
  readonly maxInflatedBytes: number;
}

export const DEFAULT_READING_LIMITS: ReadingLimits = {
  maxContentBytes: 838_860_800,
  maxEventBytes: 5 * 1024 * 1024,
  maxInflatedBytes: 256 * 1024 * 1024,
};
