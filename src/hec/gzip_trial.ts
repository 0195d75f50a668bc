import type { EndpointPool } from "./endpoint_pool.ts";
import type { EndpointSlot } from "./endpoint_slot.ts";
import { gzipLoss, isRefusedAlike, mayBeUnopened, type SortedAnswer } from "./gzip_trust.ts";
import { describeAnswer, hecCause } from "./hec_answer.ts";
import { busyForMs, type Outcome } from "./outcome.ts";
import {
  type Decided,
  type FirstAccepted,
  isAccepted,
  isUndecided,
  type Undecided,
  type UndecidedPost,
} from "./post_result.ts";
import type { RequestBody } from "./request_body.ts";

const HOLD: Undecided = { kind: "hold", elsewhere: true };

type PostOne = (
  bytes: Uint8Array<ArrayBuffer>,
  gzipped: boolean,
) => Promise<Decided<Outcome>>;

/** Finds out whether a compressed body was refused because of its compression, by sending its first event without. */
export class GzipTrial {
  readonly #slot: EndpointSlot;
  readonly #body: RequestBody;
  readonly #pool: EndpointPool;
  readonly #post: PostOne;

  /**
   * @param post Sends one event to the endpoint of the slot.
   */
  constructor(
    slot: EndpointSlot,
    body: RequestBody,
    pool: EndpointPool,
    post: PostOne,
  ) {
    this.#slot = slot;
    this.#body = body;
    this.#pool = pool;
    this.#post = post;
  }

  /**
   * @param compressed The answer to the compressed body.
   * @returns undefined when compression was not the reason; only then the slot must still be released.
   */
  async run(compressed: SortedAnswer): Promise<FirstAccepted | UndecidedPost | undefined> {
    const { endpoint } = this.#slot;
    // If the answer names no event, any of them may be the reason: the first one is compared with itself.
    if (this.#body.count > 1 && compressed.outcome.kind !== "refused") {
      const alone = await this.#post(this.#body.firstGzipped(), true);
      if (isAccepted(alone)) {
        endpoint.gzipTrust.opened();
        this.#slot.release("ok");
        return { kind: "first_accepted", accepted: alone, loss: undefined };
      }
      if (!mayBeUnopened(alone, true)) return undefined;
    }
    const plain = await this.#post(this.#body.firstPlain(), false);
    const { answer, outcome } = plain;
    if (isRefusedAlike(compressed.answer, plain)) return undefined;
    const cause = hecCause(endpoint.name, answer);
    if (isUndecided(outcome)) {
      const busyMs = busyForMs(outcome);
      const endpointWaitMs = this.#slot.release(
        busyMs === undefined ? "failed" : { busyForMs: busyMs, ejects: false },
      );
      const message = describeAnswer(answer);
      const hint = "It is retried; nothing is lost";
      return { kind: "undecided", outcome, message, hint, cause, endpointWaitMs };
    }
    const holds = this.#pool.healthy <= 1;
    const isPlainAccepted = isAccepted(plain);
    const loss = gzipLoss(endpoint, describeAnswer(compressed.answer), isPlainAccepted, holds);
    this.#slot.release("eject"); // other endpoints, if there are any, get the events
    if (isPlainAccepted) return { kind: "first_accepted", accepted: plain, loss };
    const { message, hint } = loss;
    return {
      kind: "undecided",
      outcome: HOLD,
      message,
      hint,
      holdHint: hint,
      cause,
      endpointWaitMs: 0,
    };
  }
}
