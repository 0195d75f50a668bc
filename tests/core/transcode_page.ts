import { Core } from "../../src/core/core.ts";
import type { CoreLimits, CorePage } from "../../src/core/core_page.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { type EventMapping, mappingBytes } from "../../src/core/event_format.ts";
import { mappingOf, type ShortMapping } from "./short_mapping.ts";
import { NotAMessage, type PagePosition, referenceEvents } from "./reference_decoder.ts";

export const PLAIN_MAPPING: ShortMapping = { eventFormat: "object", expandJson: {} };
export const POSITION: PagePosition = { firstGroup: 100n, pageCursor: "MTAw" };
export const ROOMY: CoreLimits = {
  maxBytes: 2 ** 31,
  maxEvents: 2 ** 31,
  maxEventBytes: 2 ** 31,
};

/** What became of a page: its events, those in place of malformed logs marked, and whether it was whole. */
export interface Transcoded {
  readonly events: string[];
  readonly whole: boolean;
}

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const shared = new Core();

/** A page as the core is given it. */
export function corePage(
  raw: Uint8Array,
  mapping: ShortMapping | EventMapping = PLAIN_MAPPING,
  position = POSITION,
): CorePage {
  return {
    body: raw,
    isLz4: false,
    rawBytes: raw.length,
    mapping: mappingBytes(mappingOf(mapping)),
    cursor: new TextEncoder().encode(
      position.firstGroup === undefined
        ? JSON.stringify(position.pageCursor).slice(1, -1)
        : `${position.firstGroup}`,
    ),
    cursorCounts: position.firstGroup !== undefined,
  };
}

/** Appends the page's next events to `events`. @returns whether there are more. */
export function fillInto(
  events: string[],
  core: Core,
  page: CorePage,
  limits: CoreLimits,
): boolean {
  const draft = new BatchBuffer();
  const end = core.fill(page, draft, limits);
  const written = core.eventsOf(draft);
  let from = 0;
  for (const to of core.endsOf(draft)) {
    events.push(text.decode(written.subarray(from, to)));
    from = to;
  }
  if (from !== written.length) throw new Error("Bytes behind the last event");
  if (end === "malformed") events.push(`malformed ${text.decode(core.rejected)}`);
  if (end === "oversize") events.push(text.decode(core.rejected));
  return end !== "page_end";
}

/** Transcodes a page with one core, which may have seen others; its end must be its end for good. */
export function transcodeWith(
  core: Core,
  raw: Uint8Array,
  mapping: ShortMapping | EventMapping = PLAIN_MAPPING,
  position = POSITION,
  limits = ROOMY,
): Transcoded {
  const page = corePage(raw, mapping, position);
  if (typeof core.begin(page) === "string") return { events: [], whole: false };
  const events: string[] = [];
  while (fillInto(events, core, page, limits));
  const count = events.length;
  if (fillInto(events, core, page, limits) || events.length > count) {
    throw new Error("A page continued behind its end");
  }
  return { events, whole: true };
}

export function transcode(
  page: Uint8Array,
  mapping: ShortMapping | EventMapping = PLAIN_MAPPING,
  position = POSITION,
  limits = ROOMY,
): Transcoded {
  return transcodeWith(shared, page, mapping, position, limits);
}

/** What the reference makes of the page. */
export function reference(
  page: Uint8Array,
  mapping: ShortMapping | EventMapping = PLAIN_MAPPING,
  position = POSITION,
): Transcoded {
  try {
    const events = referenceEvents(page, mappingOf(mapping), position)
      .map(({ text, malformed }) => malformed ? `malformed ${text}` : text);
    return { events, whole: true };
  } catch (error) {
    if (!(error instanceof NotAMessage)) throw error;
    return { events: [], whole: false };
  }
}
