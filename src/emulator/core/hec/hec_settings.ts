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

/** What no source settles about a real Splunk; `DEFAULT_SWITCHES` holds unless told otherwise. */
export interface HecSwitches {
  /** A body that is a JSON array of envelopes: code 6, or taken apart. */
  readonly arrays: "reject" | "accept";
  /** `"event": true`. */
  readonly eventTrue: "accept" | "reject";
  /** A `time` that is negative, null or no number: code 6, or the moment of receipt. */
  readonly oddTime: "reject" | "receipt_time";
  /** A string with an escape of one surrogate without the other, such as `"cut \ud83d"`: code 6, or taken. */
  readonly loneSurrogates: "reject" | "accept";
  /** A `host`, `source`, `sourcetype` or `index` that is no string: code 6, or as if absent. */
  readonly nonStringMetadata: "reject" | "ignore";
  /** Which refusals of a partly taken body carry an `ackId`; only code 6 was probed. */
  readonly ackIdOnRefusal: "any_code" | "code_6_only";
  /** What `max_content_length` counts when the body is gzip. */
  readonly bodyLimitCounts: "received" | "inflated";
  /** Which channels are refused with code 11. */
  readonly channels: "guid" | "any";
  /** Whether `splunk` and `basic` in lower case pass as schemes. */
  readonly schemeCase: "exact" | "any";
  /** Whether a poll keeps a channel from being cleaned up as idle, or only data does. */
  readonly pollsKeepChannel: boolean;
  /** The first id of a channel: 0 of Splunk, 1 of OpenTelemetry's receiver. */
  readonly firstAckId: 0 | 1;
  /** At the limits of channels and ids: refused by Splunk; that receiver forgets what was used least lately. */
  readonly ackOverflow: "refuse" | "forget";
  /** Whether `/raw` needs a channel without `useACK` too, as the manual says; 10.4.3 does not. */
  readonly rawNeedsChannel: boolean;
  /** Whether `/health?token=` answers 21 and 22, as the manual says; 10.4.3 does not. */
  readonly healthChecksToken: boolean;
  /** When the state of the ack service counts in `/health`: always, or with `?ack=true` alone. */
  readonly healthShowsAcks: "always" | "when_asked";
  /** Whether a client without `User-Agent` loses keep-alive (`forceHttp10 = auto`), or not. */
  readonly closeWithoutUserAgent: boolean;
}

export const DEFAULT_SWITCHES: HecSwitches = {
  arrays: "reject",
  eventTrue: "accept",
  oddTime: "reject",
  loneSurrogates: "reject",
  nonStringMetadata: "reject",
  ackIdOnRefusal: "any_code",
  bodyLimitCounts: "received",
  channels: "guid",
  schemeCase: "exact",
  pollsKeepChannel: false,
  firstAckId: 0,
  ackOverflow: "refuse",
  rawNeedsChannel: false,
  healthChecksToken: false,
  healthShowsAcks: "always",
  closeWithoutUserAgent: true,
};

/** Bounds of the server; the defaults are those of Splunk Enterprise 10.4.3 where it has them. */
export interface HecLimits {
  /** `max_content_length`: larger bodies get 413. */
  readonly maxContentBytes: number;
  /** `maxEventSize`: larger events get code 6. */
  readonly maxEventBytes: number;
  /** Guard of the emulator's own memory against gzip bombs: 413 above it. */
  readonly maxInflatedBytes: number;
  /** `maxIdleTime` of an ack channel. */
  readonly maxIdleMs: number;
  /** `max_number_of_ack_channel`. */
  readonly maxAckChannels: number;
  /** `max_number_of_acked_requests_pending_query_per_ack_channel`. */
  readonly maxPendingAcksPerChannel: number;
}

export const DEFAULT_LIMITS: HecLimits = {
  maxContentBytes: 838_860_800,
  maxEventBytes: 5 * 1024 * 1024,
  maxInflatedBytes: 256 * 1024 * 1024,
  maxIdleMs: 600_000,
  maxAckChannels: 1_000_000,
  maxPendingAcksPerChannel: 1_000_000,
};

/** How full a part of the server says it is: fine, above 80 %, or full. */
export type Fill = "ok" | "warn" | "full";
