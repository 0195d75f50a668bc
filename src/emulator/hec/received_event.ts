import { Envelope, Key, textOf } from "../core/hec/envelope.ts";
import type { EventPlace } from "../core/hec/take_events.ts";
import { timeMicros } from "./event_time.ts";
import { JsonScanner } from "../core/hec/json_scanner.ts";

/** What all events of one request share. */
export interface EventOrigin {
  /** The server's number of the request. */
  readonly requestId: number;
  /** The token that the request was sent with. */
  readonly token: string;
  /** The request's channel; undefined if it named none. */
  readonly channel: string | undefined;
  /** Metadata of events that name none themselves: from the query, else the token, else Splunk's own. */
  readonly host: string;
  readonly source: string;
  readonly sourcetype: string;
  /** Time of events that name none, in microseconds since 1970. */
  readonly timeMicros: number;
  /**
   * "pending" until the ack of the request becomes visible; "lost" if a restart came first. Without
   * `useAck` always "indexed".
   */
  state: "pending" | "indexed" | "lost";
}

/** One accepted event: places in a body, decoded when asked. */
export class ReceivedEvent {
  readonly origin: EventOrigin;
  /** The whole body, inflated. The event stands from `start` to `end`; of `/raw`, its line does. */
  readonly body: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Where the value of `event` stands; of `/raw`, the line. */
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

  /** Whether it can be searched: at once, or with `useAck` from the moment its ack is visible. */
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

  /** The value of `event` as it stood in the body, a string with its quotes and escapes. */
  get raw(): string {
    return textOf(this.body, this.eventStart, this.eventEnd);
  }

  /** The same as bytes; a view. */
  get rawBytes(): Uint8Array {
    return this.body.subarray(this.eventStart, this.eventEnd);
  }

  /** What Splunk shows as `_raw`: the string itself, or the JSON text of anything else. */
  get text(): string {
    return this.#opened?.stringOf(Key.event) ?? this.raw;
  }

  /** The whole envelope as it stood in the body; of `/raw`, the line. */
  get envelope(): string {
    return textOf(this.body, this.start, this.end);
  }

  /** The value of `time` as it stood in the body, with quotes if it had them. */
  get timeText(): string | undefined {
    return this.#opened?.jsonOf(Key.time);
  }

  /** What Splunk makes of it, in microseconds since 1970: exact below the year 2255. */
  get timeMicros(): number {
    const text = this.#opened?.stringOf(Key.time) ?? this.timeText;
    const micros = text === undefined ? NaN : timeMicros(text);
    return micros >= 0 ? micros : this.origin.timeMicros; // not for what is no number, either
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

  /** The indexed fields as they stood in the body. */
  get fieldsText(): string | undefined {
    return this.#opened?.jsonOf(Key.fields);
  }

  /** The indexed fields, parsed; numbers above 2^53 lose digits. */
  get fields(): Record<string, unknown> | undefined {
    const text = this.fieldsText;
    return text === undefined ? undefined : JSON.parse(text) as Record<string, unknown>;
  }

  /** The envelope's parts, found again when first asked; undefined for `/raw`. */
  get #opened(): Envelope | undefined {
    if (this.eventStart === this.start) return undefined;
    if (!this.#envelope) {
      this.#envelope = new Envelope(new JsonScanner(this.body, this.start));
      this.#envelope.read();
    }
    return this.#envelope;
  }
}
