import type { EventMapping } from "../../src/core/event_format.ts";

/** A mapping of fixed texts, for tests; without a host, the log group's source is the host. */
export interface ShortMapping {
  readonly host?: string | undefined;
  readonly source?: string | undefined;
  readonly sourcetype?: string | undefined;
  readonly index?: string | undefined;
  readonly eventFormat: "object" | "text";
  readonly expandJson: EventMapping["expandJson"];
  readonly eventIdPrefix?: string | undefined;
}

/** A mapping that is whole already, or one of fixed texts. */
export function mappingOf(short: ShortMapping | EventMapping): EventMapping {
  if ("routes" in short) return short;
  const { host, source, sourcetype, index, eventFormat, expandJson, eventIdPrefix } = short;
  const fixed = (text: string | undefined) => text === undefined ? undefined : [text];
  return {
    host: fixed(host) ?? [{ of: "source" }],
    source: fixed(source),
    sourcetype: fixed(sourcetype),
    index: fixed(index),
    fields: {},
    expandJson,
    routes: [],
    eventFormat,
    eventIdPrefix,
  };
}
