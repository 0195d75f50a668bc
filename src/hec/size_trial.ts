import type { Clock } from "../base/clock.ts";
import { CUT_OFFS_BEFORE_SPLIT } from "./body_limit.ts";
import type { Endpoint } from "./endpoint.ts";
import { RequestCutOff } from "./transport/hec_transport.ts";
import type { Outcome } from "./outcome.ts";
import type { RequestBody } from "./request_body.ts";
import type { Route } from "./route.ts";

export const CUT_OFF_HINT =
  "It is tried again; nothing is lost meanwhile, and what was taken without an answer comes twice. See whether " +
  "the collector, or a gateway before it, closes connections under requests of this size";

/** The body is too large, for all that is known: its events are to be posted in so many parts. */
export interface InParts {
  readonly kind: "parts";
  readonly parts: number;
  /** Whether the body has been sent. */
  readonly wasSent: boolean;
}

/** Finds out over the tries of one body whether it is too large, and tells its endpoints' limits what that shows. */
export class SizeTrial {
  readonly #body: RequestBody;
  readonly #route: Route;
  readonly #clock: Clock;
  /** Tries in a row at which the connection was cut off. */
  #cutOffs = 0;

  constructor(body: RequestBody, route: Route, clock: Clock) {
    this.#body = body;
    this.#route = route;
    this.#clock = clock;
  }

  /**
   * @returns what to do in place of sending the body, when it is above what the endpoint takes.
   * @throws the reason of `signal`.
   */
  async before(endpoint: Endpoint, signal: AbortSignal): Promise<InParts | undefined> {
    const parts = this.#body.bytes.length / await endpoint.maxBodyBytes(signal);
    if (parts <= 1 || this.#body.count === 1) return undefined;
    return { kind: "parts", parts, wasSent: false };
  }

  /** There was no answer. @returns what to do when the size may be the reason. */
  unanswered(error: unknown, { bodyLimit }: Endpoint): InParts | undefined {
    this.#cutOffs = error instanceof RequestCutOff ? this.#cutOffs + 1 : 0;
    if (this.#cutOffs === 0 || this.#body.count === 1) return undefined;
    bodyLimit.cutOff(this.#body.bytes.length, this.#clock.monotonicMs());
    if (this.#cutOffs < CUT_OFFS_BEFORE_SPLIT) return undefined;
    return { kind: "parts", parts: 2, wasSent: true };
  }

  /** There was an answer; a lone event may be too large for another reason than a limit of bodies. */
  answered(outcome: Outcome, { name, bodyLimit }: Endpoint): void {
    const { bytes: { length }, count } = this.#body;
    const nowMs = this.#clock.monotonicMs();
    this.#cutOffs = 0;
    bodyLimit.answered();
    if (outcome.kind === "split") {
      if (outcome.tooLarge && count > 1) bodyLimit.refused(length, nowMs);
    } else if (outcome.kind !== "retry" && outcome.kind !== "hold") {
      if (bodyLimit.taken(length, nowMs)) this.#route.limited(name, bodyLimit.maxBytes);
    }
  }
}
