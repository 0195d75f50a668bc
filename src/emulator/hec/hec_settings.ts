import {
  DEFAULT_READING_LIMITS,
  DEFAULT_READING_SWITCHES,
  type ReadingLimits,
  type ReadingSwitches,
} from "../core/hec/hec_settings.ts";

/** What no source says about a real Splunk; `DEFAULT_SWITCHES` applies by default. */
export interface HecSwitches extends ReadingSwitches {
  /** Which refusals of a partly accepted body carry an `ackId`; only code 6 was tried. */
  readonly ackIdOnRefusal: "any_code" | "code_6_only";
  /** Which channels are refused with code 11. */
  readonly channels: "guid" | "any";
  /** Whether a poll keeps a channel from being removed as idle, or only data does. */
  readonly pollsKeepChannel: boolean;
  /** The first id of a channel: Splunk's 0, or 1 as of OpenTelemetry's receiver. */
  readonly firstAckId: 0 | 1;
  /** At the limits of channels and ids: Splunk refuses, that receiver forgets the least recently used. */
  readonly ackOverflow: "refuse" | "forget";
  /** Whether `/raw` needs a channel without `useACK` too, as the manual says; 10.4.3 does not. */
  readonly rawNeedsChannel: boolean;
  /** When the state of the ack service counts in `/health`: always, or only with `?ack=true`. */
  readonly healthShowsAcks: "always" | "when_asked";
  /** Whether a client without `User-Agent` loses keep-alive (`forceHttp10 = auto`), or not. */
  readonly closeWithoutUserAgent: boolean;
}

export const DEFAULT_SWITCHES: HecSwitches = {
  ...DEFAULT_READING_SWITCHES,
  ackIdOnRefusal: "any_code",
  channels: "guid",
  pollsKeepChannel: false,
  firstAckId: 0,
  ackOverflow: "refuse",
  rawNeedsChannel: false,
  healthShowsAcks: "always",
  closeWithoutUserAgent: true,
};

/** Bounds of the server; the defaults are those of Splunk Enterprise 10.4.3 where it has them. */
export interface HecLimits extends ReadingLimits {
  /** `maxIdleTime` of an ack channel. */
  readonly maxIdleMs: number;
  /** `max_number_of_ack_channel`. */
  readonly maxAckChannels: number;
  /** `max_number_of_acked_requests_pending_query_per_ack_channel`. */
  readonly maxPendingAcksPerChannel: number;
}

export const DEFAULT_LIMITS: HecLimits = {
  ...DEFAULT_READING_LIMITS,
  maxIdleMs: 600_000,
  maxAckChannels: 1_000_000,
  maxPendingAcksPerChannel: 1_000_000,
};

/** How full a part of the server says it is: fine, above 80 %, or full. */
export type Fill = "ok" | "warn" | "full";
