import { Envelope, Key, textOf } from "../core/hec/envelope.ts";
import type { EventPlace } from "../core/hec/take_events.ts";
import { timeMicros } from "./event_time.ts";
import { JsonScanner } from "../core/hec/json_scanner.ts";

/** What all events of one request share. */
export interface EventOrigin {
  /** The emulator's number of the request. */
  readonly requestId: number;
  /** The token that the request was sent with. */
  readonly token: string;
  /** The request's channel; undefined if it has none. */
  readonly channel: string | undefined;
  /** Metadata of events that have none: from the query, else the token, else Splunk's defaults. */
  readonly host: string;
  readonly source: string;
  readonly sourcetype: string;
  /** Time of events without one, in microseconds since 1970. */
  readonly timeMicros: number;
  /**
   * "pending" until the ack of the request becomes visible; "lost" if a restart came first. Always
   * "indexed" without `useAck`.
   */
  state: "pending" | "indexed" | "lost";
}

/** One accepted event: its place in a body, decoded when read. */
export class ReceivedEvent {
  readonly origin: EventOrigin;
  /** The whole inflated body. The event, or the line of `/raw`, is from `start` to `end`. */
  readonly body: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** The place of the value of `event`; of `/raw`, of the line. */
  readonly eventStart: number;
  readonly eventEnd: number;
  /** The index it went to. */
  readonly index: string;
  /** Whether it named an index that does not exist. */
  readonly misrouted: boolean;
  #envelope: Envelope | undefined;

  constructor(
    origin: EventOrigin,
    body: Uint8Array,
    place: EventPlace,
    { index, misrouted }: { readonly index: string; readonly misrouted: boolean },
  ) {
    this.origin = origin;
    this.body = body;
    this.start = place.start;
    this.end = place.end;
    this.eventStart = place.eventStart;
    this.eventEnd = place.eventEnd;
    this.index = index;
    this.misrouted = misrouted;
  }

  /** Whether it can be searched: at once, or with `useAck` once its ack is visible. */
  get indexed(): boolean {
    return this.origin.state === "indexed";
  }

  get requestId(): number {
    return this.origin.requestId;
  }

  get token(): string {
    return this.origin.token;
  }

  get channel(): string | undefined {
    return this.origin.channel;
  }

  /** The value of `event` as in the body; a string has its quotes and escapes. */
  get raw(): string {
    return textOf(this.body, this.eventStart, this.eventEnd);
  }

  /** The same as bytes: a view into the body. */
  get rawBytes(): Uint8Array {
    return this.body.subarray(this.eventStart, this.eventEnd);
  }

  /** What Splunk shows as `_raw`: a string without quotes, or the JSON text of any other value. */
  get text(): string {
    return this.#opened?.stringOf(Key.event) ?? this.raw;
  }

  /** The whole envelope as in the body; of `/raw`, the line. */
  get envelope(): string {
    return textOf(this.body, this.start, this.end);
  }

  /** The value of `time` as in the body, with any quotes. */
  get timeText(): string | undefined {
    return this.#opened?.jsonOf(Key.time);
  }

  /** The time that Splunk gives it, in microseconds since 1970; exact before the year 2255. */
  get timeMicros(): number {
    const text = this.#opened?.stringOf(Key.time) ?? this.timeText;
    const micros = text === undefined ? NaN : timeMicros(text);
    return micros >= 0 ? micros : this.origin.timeMicros; // NaN is not >= 0 either
  }

  get host(): string {
    return this.#opened?.stringOf(Key.host) ?? this.origin.host;
  }

  get source(): string {
    return this.#opened?.stringOf(Key.source) ?? this.origin.source;
  }

  get sourcetype(): string {
    return this.#opened?.stringOf(Key.sourcetype) ?? this.origin.sourcetype;
  }

  /** The indexed fields as in the body. */
  get fieldsText(): string | undefined {
    return this.#opened?.jsonOf(Key.fields);
  }

  /** The indexed fields, parsed; numbers above 2^53 lose digits. */
  get fields(): Record<string, unknown> | undefined {
    const text = this.fieldsText;
    return text === undefined ? undefined : JSON.parse(text) as Record<string, unknown>;
  }

  /** The parsed envelope, parsed again when first needed; undefined for `/raw`. */
  get #opened(): Envelope | undefined {
    if (this.eventStart === this.start) return undefined;
    if (!this.#envelope) {
      this.#envelope = new Envelope(new JsonScanner(this.body, this.start));
      this.#envelope.read();
    }
    return this.#envelope;
  }
}
