import type { Clock } from "../../base/clock.ts";
import type { Balancing } from "./balancer.ts";
import type { HecToken } from "../core/hec/hec_settings.ts";
import type { HecLimits, HecSwitches } from "./hec_settings.ts";
import type { IndexingBatch } from "./indexing_queue.ts";
import type { ReceivedEvent } from "./received_event.ts";

/** How the emulator is set up. */
export interface HecEmulatorOptions {
  /** By default one token, `DEFAULT_TOKEN`. */
  readonly tokens?: readonly HecToken[];
  /** Enterprise by default; Cloud answers code 28 where Enterprise answers 10. */
  readonly profile?: "enterprise-10.4" | "cloud-10.5";
  /** 127.0.0.1 by default. */
  readonly hostname?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** PEM texts; with them the emulator speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** For `Date`, receipt times, acks, waits and drips; the system clock by default. */
  readonly clock?: Clock;
  /** Behaviour of Splunk that is not known. */
  readonly switches?: Partial<HecSwitches>;
  readonly limits?: Partial<HecLimits>;
  /** Indexes that exist; all by default. Events for others are accepted and counted as misrouted. */
  readonly knownIndexes?: readonly string[];
  /** The index of misrouted events; by default they are dropped. */
  readonly lastChanceIndex?: string;
  /** Time from the answer to its ack; 1000 ms by default. */
  readonly ackDelayMs?: number | "never";
  /** Indexers behind a balancer, each with its own ack tables; 1 by default. */
  readonly indexers?: number;
  /** How the balancer spreads requests; "request" by default. */
  readonly balancing?: Balancing;
  /** For the balancing "random"; `Math.random` by default. */
  readonly random?: () => number;
  /** `backpressureState`; "disabled" by default, which is without codes 24 to 27. */
  readonly backpressure?: "disabled" | "warn_at_80";
  /** `channel_cookie`: answers set `<name>=<channel>`; none by default. A balancer's cookie wins. */
  readonly channelCookie?: string;
  /** A request with acks must carry one of these cookies (`headerEnforcementMode = block`). */
  readonly requireAnyCookie?: readonly string[];
  /** Connections without a request for this long are closed; none by default. */
  readonly idleTimeoutMs?: number;
  /** "all", the default, keeps events and request bodies; "none" keeps neither, for long runs. */
  readonly store?: "all" | "none";
  /** The most requests in `requests`; the latest 10,000 by default. */
  readonly maxRequestsKept?: number;
  /** Called for every accepted event, misrouted ones included; its members are decoded when read. */
  readonly onEvent?: (event: ReceivedEvent) => void;
  /**
   * Called when the events of a request count as indexed: with the answer, or with `useAck` when the
   * ack becomes visible, at the latest in the poll that reports it.
   */
  readonly onIndexed?: (batch: IndexingBatch) => void;
  /** Called when a restart has lost the events of a request before they were indexed. */
  readonly onLost?: (batch: IndexingBatch) => void;
}

/** The token of an emulator that is given none. */
export const DEFAULT_TOKEN = "11111111-2222-4333-8444-555555555555";
