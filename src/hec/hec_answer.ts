/** An answer of HEC or of something in front of it, read once. */
export interface HecAnswer {
  /** HTTP status. */
  readonly status: number;
  /** HEC's own code; undefined when the body is not HEC's. Decide on this, never on the text. */
  readonly code: number | undefined;
  /** HEC's text, or what a message may say of another body. */
  readonly text: string;
  /** `invalid-event-number` as it came, if it is a whole number. */
  readonly invalidEventNumber: number | undefined;
  /** Id to ask for when the token has indexer acknowledgement. */
  readonly ackId: number | undefined;
  /** `Retry-After`, in milliseconds from now. */
  readonly retryAfterMs: number | undefined;
}

/** Longest time that a `Retry-After` is followed. */
const RETRY_AFTER_MAX_MS = 3_600_000;
/** Longest text of a server that is repeated in a message. */
const TEXT_MAX_CHARS = 200;

/**
 * Reads an answer. Never throws: a body that is not a JSON object, whatever its Content-Type, has no code.
 * @param body At most a few KB: the transport cuts it.
 */
export function readHecAnswer(
  status: number,
  body: Uint8Array,
  retryAfter: string | null,
  nowMs: number,
): HecAnswer {
  const json = jsonObject(body);
  return {
    status,
    code: wholeNumber(json?.code),
    text: json ? clip(typeof json.text === "string" ? json.text : "") : describe(body),
    invalidEventNumber: wholeNumber(json?.["invalid-event-number"]),
    // The documentation also writes ackID; ids are numbers or numeric strings.
    ackId: wholeNumber(json?.ackId ?? json?.ackID),
    retryAfterMs: retryAfterMs(retryAfter, nowMs),
  };
}

function jsonObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof json === "object" && json !== null && !Array.isArray(json)
      ? json as Record<string, unknown>
      : undefined;
  } catch {
    return undefined; // HTML, empty, cut off: told by the missing code
  }
}

function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? number as number : undefined;
}

/** Says what kind of body came in place of HEC's, without repeating it: a proxy may echo the request. */
function describe(body: Uint8Array): string {
  if (body.length === 0) return "an empty body";
  const start = new TextDecoder().decode(body.subarray(0, 256)).trimStart().toLowerCase();
  if (start.startsWith("<")) return "an HTML page, which is not HEC's answer";
  return `${body.length} bytes that are not HEC's answer`;
}

function clip(text: string): string {
  return text.length > TEXT_MAX_CHARS ? `${text.slice(0, TEXT_MAX_CHARS)}…` : text;
}

/** Seconds or a date. A date in the past means now; what is neither means nothing. */
function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MAX_MS, Math.max(0, ms)) : undefined;
}
