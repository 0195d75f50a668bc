/**
 * A text of events that may differ from log group to log group: its parts in order. One that comes out empty is left
 * out of the event.
 */
export type EventText = readonly EventTextPart[];

/** Fixed text, or what a log group has in its place: its topic, its source address, or the value of one of its tags. */
export type EventTextPart =
  | string
  | { readonly of: "topic" | "source" }
  | { readonly of: "tag"; readonly name: string };

/** What the events of a log group have in common. Undefined: the key is left out, and the HEC token's own value applies. */
export interface EventValues {
  /** Splunk host. */
  readonly host: EventText | undefined;
  /** Splunk source. */
  readonly source: EventText | undefined;
  /** Splunk sourcetype: fixed text. */
  readonly sourcetype: EventText | undefined;
  /** Splunk index. */
  readonly index: EventText | undefined;
  /** Further indexed fields, by name; `sls_id` is not among them. */
  readonly fields: Readonly<Record<string, EventText>>;
  /** Names of fields whose text is JSON and is sent as JSON: by topic, or a list for whatever topic. */
  readonly expandJson: Readonly<Record<string, readonly string[]>> | readonly string[];
}

/** What becomes of some of a source's log groups. The first route that matches a group counts. */
export interface EventRoute {
  /** Texts of which the topic matches one, each exact or with `*` for any text; undefined for any topic. */
  readonly topic: readonly string[] | undefined;
  /** The same for tags, by name: each must match. A group without the tag does not match. */
  readonly tag: Readonly<Record<string, readonly string[]>>;
  /** The values of its events, complete; or their logs are filtered out. */
  readonly values: EventValues | "drop";
}
