import zlib from "node:zlib";
import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { Fault, FaultTarget } from "./fault.ts";
import {
  HEC_CODES,
  hecAnswer,
  type HecAnswerDetails,
  htmlAnswer,
  jsonAnswer,
  notFoundAnswer,
} from "../core/hec/hec_answers.ts";

type BeforeOrAfter = HttpAction | HttpResponse;

/** Nothing is stored; `answer` is sent. Most faults below are built on it. */
export function refuse(name: string, answer: BeforeOrAfter): Fault {
  return { name, at: "before", answer: () => answer };
}

/** Everything is stored; `answer` is sent instead of the true answer. */
function storeThen(name: string, answer: (truth: HttpResponse) => BeforeOrAfter): Fault {
  return { name, at: "after", answer };
}

/** The same fault for requests other than data. */
export function on(target: FaultTarget, fault: Fault): Fault {
  return { ...fault, on: target };
}

/** The same fault for `count` requests, when queued. */
export function times(count: number, fault: Fault): Fault {
  return { ...fault, times: count };
}

/** Splunk's own answer for a code of the published table, with nothing stored. */
export function code(number: number, details: HecAnswerDetails = {}): Fault {
  return refuse(`code ${number}`, hecAnswer(number, details));
}

/** 503 code 9: the input queue is full. */
export const busy = (): Fault => code(9);

/**
 * 503 code 9 after `events` events were accepted. The number in the answer is that count by default;
 * whether Splunk means a count or a position is not known.
 */
export function busyAfter(events: number, invalidEventNumber = events): Fault {
  const answer = () => hecAnswer(9, { invalidEventNumber });
  return { name: `busy after ${events}`, at: "after", takeEvents: events, answer };
}

/** 429 code 26: the queue is at capacity. */
export const queueFull = (): Fault => code(26);
/** 429 code 27: the ack channel is at capacity. */
export const ackChannelFull = (): Fault => code(27);
/** 500 code 8. */
export const internalError = (): Fault => code(8);
/** 403 code 4, as from one indexer without the token, or during rotation. */
export const invalidToken = (): Fault => code(4);
/** 403 code 1. */
export const tokenDisabled = (): Fault => code(1);
/** 401 code 2. */
export const tokenRequired = (): Fault => code(2);

/** The warning 24 or 25 in place of code 0 on a 200: stored. */
export function warn(number: 24 | 25): Fault {
  return storeThen(`warning ${number}`, (truth) => {
    if (truth.status !== 200) return truth;
    const answer = JSON.parse(String(truth.body)) as Record<string, unknown>;
    return jsonAnswer(200, { ...answer, text: HEC_CODES[number]?.text, code: number });
  });
}

/** 503 code 23, and the connection closes. */
export function shuttingDown(): Fault {
  return refuse("shutting down", { ...hecAnswer(23), closeAfter: true });
}

/** 404, as Splunk Cloud answers in maintenance and during a rolling restart. */
export function notFound(): Fault {
  return refuse("not found", notFoundAnswer(404));
}

/** A status with an HTML page, as balancers and wrong hosts send; also 200. */
export const html = (status: number): Fault => refuse(`html ${status}`, htmlAnswer(status));

/** A status with an empty body. */
export const empty = (status: number): Fault => refuse(`empty ${status}`, { status });

/** A status with `Retry-After`, in seconds or as a date, and an HTML page. */
export function retryAfter(status: number, value: string): Fault {
  return refuse(`retry after ${value}`, htmlAnswer(status, { "Retry-After": value }));
}

/** A redirect to a page, as Splunk Web (303) or a balancer (301, 302, 307) sends. */
export function redirect(status = 303, location = "/en-US/account/login"): Fault {
  return refuse(`redirect ${status}`, htmlAnswer(status, { "Location": location }));
}

/** A code that no published table has. `stored`: whether the events are accepted anyway. */
export function unknownCode(status: number, number: number, { stored = false } = {}): Fault {
  const answer = jsonAnswer(status, { text: "Something new", code: number });
  const name = `unknown code ${number}`;
  return stored ? storeThen(name, () => answer) : refuse(name, answer);
}

/** 200 with truncated JSON; nothing is stored. */
export function truncatedJson(): Fault {
  return refuse("truncated json", { ...jsonAnswer(200, {}), body: '{"text":"Succ' });
}

/** An answer of `bytes` bytes, for a client's own limit; nothing is stored. */
export function hugeBody(bytes: number, status = 200): Fault {
  return refuse(`huge body ${bytes}`, { status, body: new Uint8Array(bytes).fill(0x20) });
}

/** The connection closes before the body is read. */
export const cutBeforeBody = (): Fault => ({
  name: "cut before body",
  at: "head",
  answer: () => "close",
});

/** The body is read, nothing is stored, and the connection closes without an answer. */
export const close = (): Fault => refuse("close", { do: "close" });

/** The body is read, nothing is stored, and no answer ever comes. */
export const hang = (): Fault => refuse("hang", { do: "hang" });

/** Stored, and the connection closes without an answer. A poll loses the acks that it reports. */
export const storeThenClose = (): Fault => storeThen("store then close", () => ({ do: "close" }));

/** Stored, and no answer ever comes. */
export const storeThenHang = (): Fault => storeThen("store then hang", () => ({ do: "hang" }));

/** Stored, and an HTML page instead of the answer, such as a balancer's 504. */
export function storeThenHtml(status: number): Fault {
  return storeThen(`store then html ${status}`, () => htmlAnswer(status));
}

/** A poll whose answer is lost after its ids were marked as reported. */
export const losePollReply = (): Fault => on("ack", storeThenClose());

/** Stored; the answer stops after `afterBytes` of its body. */
export function cutAnswer(afterBytes: number): Fault {
  return storeThen(
    `cut answer at ${afterBytes}`,
    (response) => ({ do: "reset_in_body", response, afterBytes }),
  );
}

/** Stored; the answer's `Content-Length` is wrong by `lengthDelta`. */
export function wrongLength(lengthDelta: number): Fault {
  return storeThen(
    `wrong length ${lengthDelta}`,
    (response) => ({ do: "wrong_length", response, lengthDelta }),
  );
}

/** Stored; the answer arrives in small pieces. */
export function drip(chunkBytes: number, everyMs: number): Fault {
  return storeThen("drip", (response) => ({ do: "drip", response, chunkBytes, everyMs }));
}

/** The request waits before it is handled: a slow Splunk. */
export function slow(waitBeforeMs: number): Fault {
  return { ...storeThen("slow", (truth) => truth), waitBeforeMs };
}

/** Stored at once; the answer comes late. */
export function lateAnswer(waitAfterMs: number): Fault {
  return { ...storeThen("late answer", (truth) => truth), waitAfterMs };
}

/** Stored and answered, with `Connection: close`. */
export function closeAfterAnswer(): Fault {
  return storeThen("close after answer", (truth) => ({ ...truth, closeAfter: true }));
}

/** Stored and answered with a cookie, such as a new one of a balancer. */
export function setCookie(cookie: string): Fault {
  return storeThen(`set cookie`, (truth) => {
    return { ...truth, headers: { ...truth.headers, "Set-Cookie": cookie } };
  });
}

const ENCODERS = {
  "gzip": zlib.gzipSync,
  "deflate": zlib.deflateSync,
  "br": zlib.brotliCompressSync,
  // Only announced.
  "gzip of plain": (bytes: Uint8Array) => bytes,
};

/** The true answer, compressed or only announced as such, as by a gateway that was not asked to. */
export function compressed(how: keyof typeof ENCODERS): Fault {
  return storeThen(`compressed: ${how}`, (truth) => {
    const plain = typeof truth.body === "string"
      ? new TextEncoder().encode(truth.body)
      : truth.body;
    const body = new Uint8Array(ENCODERS[how](plain ?? new Uint8Array(0)));
    const [coding] = how.split(" ");
    return { ...truth, headers: { ...truth.headers, "Content-Encoding": coding! }, body };
  });
}

/** Stored; 200 with a compressed answer that inflates to `bytes` bytes. */
export function bomb(bytes: number): Fault {
  const body = new Uint8Array(zlib.gzipSync(new Uint8Array(bytes)));
  const headers = { "Content-Encoding": "gzip", "Content-Type": "application/json" };
  return storeThen(`bomb of ${bytes}`, () => ({ status: 200, headers, body }));
}
