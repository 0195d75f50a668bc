import type { Clock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { CUT_OFFS_BEFORE_SPLIT } from "./body_limit.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer, type HecAnswer } from "./hec_answer.ts";
import type { Outcome } from "./outcome.ts";
import type { RequestBody } from "./request_body.ts";
import type { SourceDelivery } from "./source_delivery.ts";
import { RequestCutOff } from "./transport/hec_transport.ts";

export const CUT_OFF_HINT =
  "It is retried; nothing is lost, and events that were accepted without an answer are duplicated. " +
  "Check whether the collector, or a gateway before it, closes connections under requests of this size";

/** The body is known to be too large: its events must be posted in parts. */
export interface InParts {
  readonly kind: "parts";
  /** Number of parts. */
  readonly parts: number;
  /** Whether the body has been sent. */
  readonly wasSent: boolean;
}

/** Finds out over the tries of one body whether it is too large, and updates the limits of the endpoints. */
export class SizeTrial {
  readonly #body: RequestBody;
  readonly #source: SourceDelivery;
  readonly #clock: Clock;
  /** Consecutive tries in which the connection was cut off. */
  #cutOffs = 0;

  constructor(body: RequestBody, source: SourceDelivery, clock: Clock) {
    this.#body = body;
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * Looks at the body before it is sent.
   * @returns what to do instead, if it is larger than what the endpoint accepts.
   * @throws the reason of `signal`.
   */
  async before(endpoint: Endpoint, signal: AbortSignal): Promise<InParts | undefined> {
    const parts = this.#body.bytes.length / await endpoint.maxBodyBytes(signal);
    if (parts <= 1 || this.#body.count === 1) return undefined;
    return { kind: "parts", parts, wasSent: false };
  }

  /**
   * There was no answer.
   * @returns what to do if the size may be the reason.
   */
  unanswered(error: unknown, { bodyLimit }: Endpoint): InParts | undefined {
    this.#cutOffs = error instanceof RequestCutOff ? this.#cutOffs + 1 : 0;
    if (this.#cutOffs === 0 || this.#body.count === 1) return undefined;
    bodyLimit.cutOff(this.#body.bytes.length, this.#clock.monotonicMs());
    if (this.#cutOffs < CUT_OFFS_BEFORE_SPLIT) return undefined;
    return { kind: "parts", parts: 2, wasSent: true };
  }

  /** There was an answer. A single event may be too large for another reason than a limit of bodies. */
  answered(outcome: Outcome, { name, bodyLimit }: Endpoint): void {
    const { bytes: { length }, count } = this.#body;
    const nowMs = this.#clock.monotonicMs();
    this.#cutOffs = 0;
    bodyLimit.answered();
    if (outcome.kind === "split") {
      if (outcome.tooLarge && count > 1) bodyLimit.refused(length, nowMs);
    } else if (outcome.kind !== "retry" && outcome.kind !== "hold") {
      if (bodyLimit.accepted(length, nowMs)) this.#source.limited(name, bodyLimit.maxBytes);
    }
  }
}

/**
 * Finds out whether an endpoint that rejects a single event as too large lets any request through to HEC: HEC answers an
 * empty one with its own code.
 * @param refused The answer to the event.
 * @param place Where the event comes from.
 * @returns why the event must wait; undefined when HEC itself rejects it.
 * @throws the reason of `signal`.
 */
export async function refusesAnySize(
  { answer, endpoint }: { readonly answer: HecAnswer; readonly endpoint: Endpoint },
  place: string,
  signal: AbortSignal,
): Promise<OperatorError | undefined> {
  const found = answer.code === undefined && await answerToEmpty(endpoint, signal);
  if (!found) return undefined;
  return new OperatorError(
    `Cannot deliver the event at ${place} to ${endpoint.name}: ${describeAnswer(answer)}, ` +
      `and to a request without any event ${found}`,
    "The source is held and keeps its logs. Find out what answers there: a gateway that accepts no request of " +
      "any size is misconfigured",
  );
}

/**
 * @returns what was found instead of HEC's answer.
 */
async function answerToEmpty(
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { answer } = await endpoint.postEvents(
      new Uint8Array(),
      { gzipped: false, acks: false },
      signal,
    );
    return answer.code === undefined ? describeAnswer(answer) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    return `came no answer (${describeError(error)})`;
  }
}
