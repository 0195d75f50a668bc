import type { HecAnswer } from "./hec_answer.ts";
import type { Outcome } from "./outcome.ts";

/** Consecutive refusals of whole compressed bodies after which an endpoint that accepted some is doubted again. */
const REFUSALS_BEFORE_DOUBT = 3;

/** An answer to events, and what it means. */
export interface SortedAnswer {
  readonly answer: HecAnswer;
  readonly outcome: Outcome;
}

/** Whether one endpoint is known to decompress bodies: a gateway may drop `Content-Encoding`. */
export class GzipTrust {
  #isKnown = false;
  #refusals = 0;

  /** The endpoint decompressed a body. */
  opened(): void {
    this.#isKnown = true;
    this.#refusals = 0;
  }

  /**
   * The endpoint refused a compressed body as a whole.
   * @returns whether to try an uncompressed one before anything is parked.
   */
  refused(): boolean {
    if (this.#isKnown && ++this.#refusals >= REFUSALS_BEFORE_DOUBT) this.forget();
    return !this.#isKnown;
  }

  /** New connections may lead elsewhere. */
  forget(): void {
    this.#isKnown = false;
    this.#refusals = 0;
  }
}

/** Whether the answer to a compressed body shows that it was decompressed: some of its events were read. */
export function showsOpened(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case "accepted":
    case "index_refused":
      return true;
    case "refused":
      return outcome.index > 0;
    case "retry":
      return outcome.from > 0;
    case "split":
    case "hold":
      return false;
  }
}

/**
 * Whether a compressed body may have been refused because it was not decompressed: the answer refuses the first event or
 * none in particular, or is not even from HEC (400 of a receiver that cannot decompress it, 415).
 * @param wasRefused Whether it was refused before: a 400 that is not from HEC may also ask for a cookie.
 */
export function mayBeUnopened({ answer, outcome }: SortedAnswer, wasRefused: boolean): boolean {
  if (outcome.kind === "refused") return outcome.index === 0;
  if (outcome.kind === "split") return !outcome.tooLarge;
  if (answer.code !== undefined) return false;
  return answer.status === 415 || answer.status === 400 && wasRefused;
}

/** Whether an uncompressed body was refused in the same way, so that compression is not the reason. */
export function isRefusedAlike(compressed: HecAnswer, { answer, outcome }: SortedAnswer): boolean {
  const saysTheSame = answer.status === compressed.status && answer.code === compressed.code;
  return saysTheSame || outcome.kind === "split";
}

/** An endpoint does not decompress bodies, described for the operator. */
export interface GzipLoss {
  readonly message: string;
  readonly hint: string;
  /** Whether the source is held: there is no other endpoint. */
  readonly holds: boolean;
}

/**
 * @param endpoint Which does not decompress.
 * @param compressed The answer to the compressed events.
 * @param isPlainAccepted Whether the first event alone, uncompressed, was accepted; otherwise it was understood.
 */
export function gzipLoss(
  { name, optionPath }: { readonly name: string; readonly optionPath: string },
  compressed: string,
  isPlainAccepted: boolean,
  holds: boolean,
): GzipLoss {
  return {
    message: `${name} does not accept compressed events: ${compressed}. The first event alone, ` +
      `sent without compression, was ${isPlainAccepted ? "accepted" : "understood"}`,
    hint:
      "The gateway before the collector drops the header Content-Encoding, or decompresses the body and keeps " +
      "the header. Nothing is parked. Let it pass Content-Encoding: gzip and the body unchanged, or set " +
      `${optionPath}.gzip: false`,
    holds,
  };
}
