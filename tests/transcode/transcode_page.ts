import { ByteBuffer } from "../../src/base/byte_buffer.ts";
import { MalformedPage } from "../../src/transcode/malformed_page.ts";
import { type PagePosition, PageTranscoder } from "../../src/transcode/page_transcoder.ts";
import type { Route } from "../../src/transcode/route.ts";
import { NotAMessage, referenceEvents } from "./reference_decoder.ts";

export const PLAIN_ROUTE: Route = { eventFormat: "object", expandJson: {} };
export const POSITION: PagePosition = { firstGroup: 100n, pageCursor: "MTAw" };

/** What became of a page: its events, and whether it was whole. */
export interface Transcoded {
  readonly events: string[];
  readonly whole: boolean;
}

/** Transcodes a page with one transcoder, which may have seen others; its end must be its end for good. */
export function transcodeWith(
  transcoder: PageTranscoder,
  page: Uint8Array,
  position = POSITION,
): Transcoded {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const out = new ByteBuffer(16);
  const events: string[] = [];
  transcoder.begin(page, page.length, position);
  for (;;) {
    const before = out.length;
    try {
      if (!transcoder.next(out)) break;
    } catch (error) {
      if (!(error instanceof MalformedPage)) throw error;
      if (out.length !== before) throw new Error("A refused log left bytes behind");
      return { events, whole: false };
    }
    events.push(text.decode(out.view(before)));
  }
  if (transcoder.next(out)) throw new Error("A page went on behind its end");
  return { events, whole: true };
}

export function transcode(page: Uint8Array, route = PLAIN_ROUTE, position = POSITION): Transcoded {
  return transcodeWith(new PageTranscoder(route), page, position);
}

/** What the reference makes of the page. */
export function reference(page: Uint8Array, route = PLAIN_ROUTE, position = POSITION): Transcoded {
  const events: string[] = [];
  try {
    for (const event of referenceEvents(page, route, position)) events.push(event);
  } catch (error) {
    if (!(error instanceof NotAMessage)) throw error;
    return { events, whole: false };
  }
  return { events, whole: true };
}
