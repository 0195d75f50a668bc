import { Core, type CoreLimits } from "../../src/core/core.ts";
import { type Route, routeBytes } from "../../src/transcode/route.ts";
import { NotAMessage, type PagePosition, referenceEvents } from "./reference_decoder.ts";

export const PLAIN_ROUTE: Route = { eventFormat: "object", expandJson: {} };
export const POSITION: PagePosition = { firstGroup: 100n, pageCursor: "MTAw" };
export const ROOMY: CoreLimits = {
  maxBytes: 2 ** 31,
  maxEvents: 2 ** 31,
  maxEventBytes: 2 ** 31,
  mayExceed: true,
};

/** What became of a page: its events, those in place of malformed logs marked, and whether it was whole. */
export interface Transcoded {
  readonly events: string[];
  readonly whole: boolean;
}

const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const shared = new Core();

/** Transcodes a page with one core, which may have seen others; its end must be its end for good. */
export function transcodeWith(
  core: Core,
  raw: Uint8Array,
  route = PLAIN_ROUTE,
  position = POSITION,
  limits = ROOMY,
): Transcoded {
  const page = {
    body: raw,
    isLz4: false,
    rawBytes: raw.length,
    route: routeBytes(route),
    cursor: new TextEncoder().encode(
      position.firstGroup === undefined
        ? JSON.stringify(position.pageCursor).slice(1, -1)
        : `${position.firstGroup}`,
    ),
    cursorCounts: position.firstGroup !== undefined,
  };
  if (typeof core.begin(page) === "string") return { events: [], whole: false };
  const events: string[] = [];
  for (;;) {
    const end = core.fill(page, limits);
    let from = 0;
    for (const to of core.ends) {
      events.push(text.decode(core.events.subarray(from, to)));
      from = to;
    }
    if (from !== core.events.length) throw new Error("Bytes behind the last event");
    if (end === "malformed") events.push(`malformed ${text.decode(core.lone)}`);
    if (end === "oversize") events.push(text.decode(core.lone));
    if (end === "page_end") break;
  }
  if (core.fill(page, limits) !== "page_end" || core.events.length > 0) {
    throw new Error("A page went on behind its end");
  }
  return { events, whole: true };
}

export function transcode(
  page: Uint8Array,
  route = PLAIN_ROUTE,
  position = POSITION,
  limits = ROOMY,
): Transcoded {
  return transcodeWith(shared, page, route, position, limits);
}

/** What the reference makes of the page. */
export function reference(page: Uint8Array, route = PLAIN_ROUTE, position = POSITION): Transcoded {
  try {
    const events = referenceEvents(page, route, position)
      .map(({ text, malformed }) => malformed ? `malformed ${text}` : text);
    return { events, whole: true };
  } catch (error) {
    if (!(error instanceof NotAMessage)) throw error;
    return { events: [], whole: false };
  }
}
