import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { Fault } from "./fault_plan.ts";

/** Whether a fault happens before the call, which then has no effect, or after. */
export type When = Fault["when"];

/** An error of SLS. */
export function slsFault(
  status: number,
  errorCode: string,
  errorMessage = "injected by a test",
  when: When = "before",
): Fault {
  return jsonAnswer(when, status, { errorCode, errorMessage });
}

/** 200 with this JSON instead of the true answer, such as the shards of an outdated heartbeat. */
export function jsonFault(value: unknown, when: When = "before"): Fault {
  return jsonAnswer(when, 200, value);
}

function jsonAnswer(when: When, status: number, value: unknown): Fault {
  return {
    when,
    answer: (_, common) => {
      const headers = { ...common, "Content-Type": "application/json" };
      return { do: "respond", response: { status, headers, body: JSON.stringify(value) } };
    },
  };
}

/** An HTML page, as gateways send. */
export function htmlFault(status: number, when: When = "before"): Fault {
  const body = `<html><body><h1>${status}</h1></body></html>`;
  const response = { status, headers: { "Content-Type": "text/html" }, body };
  return { when, answer: () => ({ do: "respond", response }) };
}

/** The connection closes without an answer. */
export function closeFault(when: When = "before"): Fault {
  return { when, answer: () => ({ do: "close" }) };
}

/** No answer ever comes. */
export function hangFault(when: When = "before"): Fault {
  return { when, answer: () => ({ do: "hang" }) };
}

/** The connection closes in the middle of the true answer's body. */
export function resetInBodyFault(afterBytes: number): Fault {
  return changed((response) => ({ do: "reset_in_body", response, afterBytes }));
}

/** `Content-Length` is wrong. */
export function wrongLengthFault(lengthDelta: number): Fault {
  return changed((response) => ({ do: "wrong_length", response, lengthDelta }));
}

/** The true answer arrives in small pieces. */
export function dripFault(chunkBytes: number, everyMs: number): Fault {
  return changed((response) => ({ do: "drip", response, chunkBytes, everyMs }));
}

/** Every bit of one body byte is flipped, at an index from 0, or from the end if negative. */
export function flipByteFault(at: number): Fault {
  return changedBody((body) => {
    const flipped = body.slice();
    const index = at < 0 ? body.length + at : at;
    if (index in flipped) flipped[index]! ^= 0xff;
    return flipped;
  });
}

/** The body ends early, and `Content-Length` agrees with it. */
export function truncateFault(keepBytes: number): Fault {
  return changedBody((body) => body.slice(0, keepBytes));
}

/** `x-log-bodyrawsize` is wrong by `delta`. */
export function wrongRawSizeFault(delta: number): Fault {
  return changedHeader("x-log-bodyrawsize", (value) => String(Number(value ?? 0) + delta));
}

/** A header is set, or removed if `value` is undefined, such as an empty `x-log-cursor`. */
export function headerFault(name: string, value: string | undefined): Fault {
  return changedHeader(name, () => value);
}

function changedHeader(
  name: string,
  change: (value: string | undefined) => string | undefined,
): Fault {
  return changed((response) => {
    const headers = { ...response.headers };
    const value = change(headers[name]);
    if (value === undefined) delete headers[name];
    else headers[name] = value;
    return { do: "respond", response: { ...response, headers } };
  });
}

function changedBody(change: (body: Uint8Array) => Uint8Array): Fault {
  return changed((response) => {
    const body = response.body ?? new Uint8Array();
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    return { do: "respond", response: { ...response, body: change(bytes) } };
  });
}

function changed(answer: (response: HttpResponse) => HttpAction): Fault {
  return { when: "after", answer };
}
