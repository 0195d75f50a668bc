import { foreignText } from "../base/foreign_text.ts";
import { locationText } from "../base/http_headers.ts";
import { isPage, pageTitle } from "../base/page_title.ts";
import type { TroubleCause } from "../base/telemetry.ts";
import { retryAfterMs } from "./retry_after.ts";

/** An answer as it came. */
interface RawAnswer {
  readonly status: number;
  /** At most a few KB: the transport cuts it. */
  readonly body: Uint8Array;
  readonly retryAfter: string | null;
  /** Target of a redirect. */
  readonly location?: string | null;
}

/** An answer of HEC or of something in front of it, read once. */
export interface HecAnswer {
  /** HTTP status. */
  readonly status: number;
  /** HEC's own code; undefined when the body is not from HEC. Decisions use this, never the text. */
  readonly code: number | undefined;
  /** HEC's text as `foreignText` shows it, or a description of another body. */
  readonly text: string;
  /** `invalid-event-number`, if it is a whole number. */
  readonly invalidEventNumber: number | undefined;
  /** Id to poll for, if the token has indexer acknowledgement. */
  readonly ackId: number | undefined;
  /** There is an id, but not a whole number up to 2^53 - 1: it cannot be polled. */
  readonly ackIdUnreadable?: true;
  /** `Retry-After`, in milliseconds from now: 5 minutes at most. */
  readonly retryAfterMs: number | undefined;
}

/** Reads an answer. Never throws: a body that is not a JSON object, whatever its Content-Type, has no code. */
export function readHecAnswer(raw: RawAnswer, nowMs: number): HecAnswer {
  const { status, body, retryAfter, location = null } = raw;
  const json = jsonObject(body);
  const code = wholeNumber(json?.code);
  // The documentation also writes ackID, and ids as numeric strings.
  const idText = json?.ackId ?? json?.ackID ?? "";
  const id = ackId(idText);
  return {
    status,
    code,
    text: code === undefined ? describe(body, json, location) : textOf(json?.text),
    invalidEventNumber: wholeNumber(json?.["invalid-event-number"]),
    ackId: id,
    ...(idText !== "" && id === undefined && { ackIdUnreadable: true }),
    retryAfterMs: retryAfterMs(retryAfter, nowMs),
  };
}

/** Describes an answer in a message. */
export function describeAnswer({ status, code, text }: HecAnswer): string {
  return code === undefined
    ? `found HTTP ${status} with ${text}, expected HEC's answer`
    : `HEC answered ${status}, code ${code} "${text}"`;
}

/**
 * Why a request to an endpoint failed: the same for all requests that fail in the same way.
 * @param answer Undefined when there was none.
 */
export function hecCause(endpoint: string, answer?: HecAnswer): TroubleCause {
  const what = `HEC at ${endpoint}`;
  if (!answer) return { what, kind: "no answer" };
  const { status, code } = answer;
  return { what, kind: code === undefined ? `${status}` : `${status}, code ${code}` };
}

function jsonObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? json as Record<string, unknown>
      : undefined;
  } catch {
    return undefined; // HTML, empty, cut off: the missing code shows it
  }
}

function wholeNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function ackId(value: unknown): number | undefined {
  return wholeNumber(typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value);
}

/** Describes the body that came instead of HEC's, with the title of a page: that is often the gateway's diagnosis. */
function describe(
  body: Uint8Array,
  json: Record<string, unknown> | undefined,
  location: string | null,
): string {
  const what = describeBody(body, json);
  return location === null ? what : `${what}, and leads to ${locationText(location)}`;
}

function describeBody(body: Uint8Array, json: Record<string, unknown> | undefined): string {
  if (body.length === 0) return "an empty body";
  if (json) return "a JSON object without HEC's code";
  if (isPage(body)) {
    const title = pageTitle(body);
    return `an HTML page${title && ` "${title}"`}, which is not HEC's answer`;
  }
  return `${body.length} bytes that are not HEC's answer`;
}

function textOf(text: unknown): string {
  return typeof text === "string" ? foreignText(text) : "";
}
