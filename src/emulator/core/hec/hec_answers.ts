import type { HttpResponse } from "../http.ts";

/** Status and text of every code, from Splunk's manual of 10.4; 28 as Cloud 10.5 answers it. */
export const HEC_CODES: Readonly<Record<number, { status: number; text: string }>> = {
  0: { status: 200, text: "Success" },
  1: { status: 403, text: "Token disabled" },
  2: { status: 401, text: "Token is required" },
  3: { status: 401, text: "Invalid authorization" },
  4: { status: 403, text: "Invalid token" },
  5: { status: 400, text: "No data" },
  6: { status: 400, text: "Invalid data format" },
  7: { status: 400, text: "Incorrect index" },
  8: { status: 500, text: "Internal server error" },
  9: { status: 503, text: "Server is busy" },
  10: { status: 400, text: "Data channel is missing" },
  11: { status: 400, text: "Invalid data channel" },
  12: { status: 400, text: "Event field is required" },
  13: { status: 400, text: "Event field cannot be blank" },
  14: { status: 400, text: "ACK is disabled" },
  15: { status: 400, text: "Error in handling indexed fields" },
  16: { status: 400, text: "Query string authorization is not enabled" },
  17: { status: 200, text: "HEC is healthy" },
  18: { status: 503, text: "HEC is unhealthy, queues are full" },
  19: { status: 503, text: "HEC is unhealthy, ack service unavailable" },
  20: { status: 503, text: "HEC is unhealthy, queues are full, ack service unavailable" },
  21: { status: 400, text: "Invalid token" },
  22: { status: 400, text: "Token disabled" },
  23: { status: 503, text: "Server is shutting down" },
  24: { status: 200, text: "HEC queue is approaching its capacity limit" },
  25: { status: 200, text: "HEC ACK is approaching its capacity limit" },
  26: { status: 429, text: "HEC queue is at capacity and cannot process any more requests" },
  27: { status: 429, text: "HEC ACK channel is at capacity and cannot process any more requests" },
  28: {
    status: 400,
    text: "Data channel is missing. If you have multiple indexers, sticky session load balancers " +
      "must be provisioned and client requests must be routed accordingly.",
  },
};

/** What an answer has beside text and code. */
export interface HecAnswerDetails {
  readonly invalidEventNumber?: number | undefined;
  readonly ackId?: number | undefined;
}

/** Splunk's answer for one code: compact JSON, keys in Splunk's order. */
export function hecAnswer(code: number, details: HecAnswerDetails = {}): HttpResponse {
  const known = HEC_CODES[code];
  if (!known) throw new RangeError(`Cannot answer HEC code ${code}: expected 0 to 28`);
  return jsonAnswer(known.status, {
    text: known.text,
    code,
    "invalid-event-number": details.invalidEventNumber,
    ackId: details.ackId,
  });
}

/** The headers of every answer of splunkd. */
const SPLUNKD_HEADERS = {
  "Content-Type": "application/json; charset=UTF-8",
  "Server": "Splunkd",
  "Vary": "Authorization",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "SAMEORIGIN",
  "Connection": "Keep-Alive",
};

/** An answer with `value` as compact JSON and the headers of splunkd. */
export function jsonAnswer(status: number, value: unknown): HttpResponse {
  return { status, headers: SPLUNKD_HEADERS, body: JSON.stringify(value) };
}

/** Splunk's answer to an unknown path (404) or a wrong method (405). */
export function notFoundAnswer(status: 404 | 405): HttpResponse {
  const text = "The requested URL was not found on this server.";
  return jsonAnswer(status, { text, code: 404 });
}

/** An HTML page, as balancers and Splunk Web send it. */
export function htmlAnswer(status: number, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=UTF-8", ...headers },
    body: `<!doctype html><html><head><title>${status}</title></head>` +
      `<body><h1>${status}</h1><p>This page is for people.</p></body></html>`,
  };
}
