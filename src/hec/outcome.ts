import type { HecAnswer } from "./hec_answer.ts";

/**
 * What an answer means for the events that were sent: a closed set, and nothing else decides about events. Elsewhere
 * statuses and codes say whether to read the token again (`endpoint.ts`), whether the body was decompressed
 * (`gzip_trust.ts`), whether an id for acknowledgement was assigned (`ack/ack_ids.ts`), and whether the endpoint gets a
 * rest (`poster.ts`). Event numbers are positions in the request, from 0.
 */
export type Outcome =
  /** All events are accepted. */
  | {
    readonly kind: "accepted";
    readonly ackId: number | undefined;
    /** HEC warns that a queue is filling: send less. */
    readonly slowDown: boolean;
    /** HEC warns that its queue of acknowledgements is filling: poll sooner. */
    readonly pollAcks: boolean;
  }
  /** Transient: the events from `from` on must be resent, those before it are accepted. */
  | {
    readonly kind: "retry";
    readonly from: number;
    readonly afterMs: number | undefined;
    readonly slowDown: boolean;
    readonly freshConnection: boolean;
    /** Number of retries with this outcome before the source is held; never when left out. */
    readonly retriesBeforeHold?: number;
  }
  /** Event `index` will never be accepted; those before it are, those after it are not yet. */
  | { readonly kind: "refused"; readonly index: number; readonly ackId: number | undefined }
  /** The index of event `index` is not allowed; those before it are accepted, the others are not yet. */
  | { readonly kind: "index_refused"; readonly index: number; readonly ackId: number | undefined }
  /** Something in the request will never be accepted, and the answer does not say what: send halves. */
  | { readonly kind: "split"; readonly tooLarge: boolean }
  /**
   * Nothing will be accepted until the operator acts. `elsewhere`: certainly nothing was accepted, so another endpoint may
   * be tried first.
   */
  | { readonly kind: "hold"; readonly elsewhere: boolean };

type Retry = Extract<Outcome, { kind: "retry" }>;

/**
 * Retries of 403 "invalid token", of 403 "token disabled" and of 404, each on a new connection: one of several indexers
 * behind one address may lack the token, have it disabled, or be restarting.
 */
export const TRANSIENT_REFUSAL_RETRIES = 5;

/** Codes that name one bad event by `invalid-event-number`: 6 bad data, 12 no event, 13 blank, 15 fields. */
const NAMES_THE_EVENT = new Set([6, 12, 13, 15]);
/** 1 token disabled, 4 invalid token; 22 and 21 are the same on the health page. */
const UNFIT_TOKEN = new Set([1, 4, 21, 22]);
const INCORRECT_INDEX = 7;
const NO_DATA = 5;
const SERVER_BUSY = 9;
const INVALID_CHANNEL = 11;
const QUEUE_FILLS = 24;
const ACKS_FILL = 25;
const SLOW_DOWN = new Set([9, 18, 20, 24, 26]);

/**
 * Sorts one answer to a request of `count` events. The facts are Splunk's own answers on Enterprise 10.4 and Cloud 10.5;
 * an unknown answer is never a success.
 * @param acks Whether the events wait for acknowledgement: then the events before one that a 503 names do not count as
 * accepted.
 */
export function sortAnswer(answer: HecAnswer, count: number, acks: boolean): Outcome {
  const { status, code } = answer;
  if (status >= 200 && status < 300) return sortSuccess(answer);
  if (status === 413) return { kind: "split", tooLarge: true };
  if (status === 408 || status === 429 || status >= 500) return sortTransient(answer, count, acks);
  if (status === 404 || code !== undefined && UNFIT_TOKEN.has(code)) {
    return passingRefusal(answer, TRANSIENT_REFUSAL_RETRIES);
  }
  if (status === 400) return sortBadRequest(answer, count);
  return { kind: "hold", elsewhere: true };
}

/**
 * For how long an endpoint is busy at least, in milliseconds, when that is what the outcome says; undefined when it says
 * something else. Refusals that may pass are about the source, not about the endpoint.
 */
export function busyForMs(outcome: Outcome): number | undefined {
  if (outcome.kind !== "retry" || outcome.retriesBeforeHold !== undefined) return undefined;
  return outcome.afterMs ?? 0;
}

function sortSuccess({ code, ackId }: HecAnswer): Outcome {
  // 24 and 25 are warnings about the next requests: this one was accepted, and a resend would duplicate it.
  if (code !== 0 && code !== QUEUE_FILLS && code !== ACKS_FILL) {
    return { kind: "hold", elsewhere: false };
  }
  return {
    kind: "accepted",
    ackId,
    slowDown: code === QUEUE_FILLS,
    pollAcks: code === ACKS_FILL,
  };
}

function sortBadRequest(answer: HecAnswer, count: number): Outcome {
  const { code, invalidEventNumber: number, ackId } = answer;
  // A load balancer refuses requests without its cookie (`headerEnforcementMode`), and sets it with the refusal.
  if (code === undefined) return { ...passingRefusal(answer, 1), freshConnection: false };
  if (NAMES_THE_EVENT.has(code)) {
    return number !== undefined && number < count
      ? { kind: "refused", index: number, ackId }
      : { kind: "split", tooLarge: false };
  }
  if (code === INCORRECT_INDEX) {
    // This code alone counts the objects read so far: the offender is the one before.
    return number !== undefined && number >= 1 && number <= count
      ? { kind: "index_refused", index: number - 1, ackId }
      : count === 1
      ? { kind: "index_refused", index: 0, ackId }
      : { kind: "split", tooLarge: false };
  }
  if (code === NO_DATA) return { kind: "split", tooLarge: false };
  if (code === INVALID_CHANNEL) return passingRefusal(answer, 1); // a new connection has a new channel
  return { kind: "hold", elsewhere: true };
}

function sortTransient(answer: HecAnswer, count: number, acks: boolean): Retry {
  const { status, code, invalidEventNumber: number } = answer;
  // A busy server may say where it stopped. It is uncertain whether it counts from 0, so one event is repeated.
  const stoppedAt = code === SERVER_BUSY && !acks && number !== undefined && number <= count
    ? number
    : 0;
  return {
    kind: "retry",
    from: Math.max(0, stoppedAt - 1),
    afterMs: answer.retryAfterMs,
    slowDown: status === 429 || status === 503 || code !== undefined && SLOW_DOWN.has(code),
    // Whoever failed, the connection leads to it, and while it is tried alone no other one is used.
    freshConnection: true,
  };
}

function passingRefusal(answer: HecAnswer, retriesBeforeHold: number): Retry {
  return {
    kind: "retry",
    from: 0,
    afterMs: answer.retryAfterMs,
    slowDown: false,
    freshConnection: true,
    retriesBeforeHold,
  };
}
