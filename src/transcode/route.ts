/** How the logs of one source become events. */
export interface Route {
  /** Fixed `host` of every event; without it the log group's `__source__` is the host. */
  readonly host?: string | undefined;
  readonly source?: string | undefined;
  /** Without it the HEC token's own sourcetype applies. */
  readonly sourcetype?: string | undefined;
  /** Without it the HEC token's own index applies. */
  readonly index?: string | undefined;
  /** `text` makes the event a string that holds the JSON, as the vendor's sample sends it. */
  readonly eventFormat: "object" | "text";
  /** By topic, the content keys whose values are spliced into the event if they are valid JSON. */
  readonly expandJson: Readonly<Record<string, readonly string[]>>;
  /** Start of the indexed field `sls_id`, such as `project/logstore/3/`; without it there is no such field. */
  readonly eventIdPrefix?: string | undefined;
}

/** A route as bytes, ready to be copied into events. */
export interface RouteBytes {
  /** `,"host":"…"`, or undefined when the host comes from the log group. */
  readonly host: Uint8Array | undefined;
  /** `,"source":"…","sourcetype":"…","index":"…"`, as far as they are set. */
  readonly metadata: Uint8Array;
  readonly asText: boolean;
  /** By topic as UTF-8 bytes; the keys as they are written, escaped. */
  readonly expand: readonly { readonly topic: Uint8Array; readonly keys: readonly Uint8Array[] }[];
  /** `,"fields":{"sls_id":"project/logstore/shard/`, or undefined. */
  readonly eventId: Uint8Array | undefined;
}

const utf8 = new TextEncoder();

/** Prepares a route once, so that the hot path only copies. */
export function routeBytes(route: Route): RouteBytes {
  const member = (key: string, value: string | undefined): string =>
    value === undefined ? "" : `,"${key}":${jsonString(value)}`;
  return {
    host: route.host === undefined ? undefined : utf8.encode(member("host", route.host)),
    metadata: utf8.encode(
      member("source", route.source) + member("sourcetype", route.sourcetype) +
        member("index", route.index),
    ),
    asText: route.eventFormat === "text",
    expand: Object.entries(route.expandJson).map(([topic, keys]) => ({
      topic: utf8.encode(topic),
      keys: keys.map((key) => utf8.encode(jsonString(key).slice(1, -1))),
    })),
    eventId: route.eventIdPrefix === undefined
      ? undefined
      : utf8.encode(`,"fields":{"sls_id":${jsonString(route.eventIdPrefix).slice(0, -1)}`),
  };
}

/** A JSON string that is also well formed: a lone surrogate has no UTF-8. */
function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed());
}
