import type { HecAnswer } from "./hec_answer.ts";
import type { Outcome } from "./outcome.ts";

/** Refusals of whole compressed bodies running after which an endpoint that took some before is doubted again. */
const REFUSALS_BEFORE_DOUBT = 3;

/** An answer to events, and what it means. */
export interface SortedAnswer {
  readonly answer: HecAnswer;
  readonly outcome: Outcome;
}

/** Whether compressed bodies are known to be opened at one endpoint: a gateway may lose `Content-Encoding`. */
export class GzipTrust {
  #isKnown = false;
  #refusals = 0;

  /** A compressed body was opened there. */
  opened(): void {
    this.#isKnown = true;
    this.#refusals = 0;
  }

  /** A compressed body was refused as a whole. @returns whether a plain one is to be tried before anything is parked. */
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

/** Whether the answer to a compressed body shows that it was opened: some of its events were read. */
export function showsOpened({ outcome }: SortedAnswer): boolean {
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
 * Whether an answer to a compressed body may be of one that was not opened: it refuses the first event or no certain
 * one, or does not even come from HEC (400 of a receiver that cannot open it, 415).
 * @param again Whether it was refused before: a 400 that is not HEC's may also ask for a cookie.
 */
export function mayBeUnopened({ answer, outcome }: SortedAnswer, again: boolean): boolean {
  if (outcome.kind === "refused") return outcome.index === 0;
  if (outcome.kind === "split") return !outcome.tooLarge;
  if (answer.code !== undefined) return false;
  return answer.status === 415 || answer.status === 400 && again;
}

/** Whether a plain try was refused alike: then compression is not why. In other words means: it was read. */
export function isRefusedAlike(compressed: HecAnswer, { answer, outcome }: SortedAnswer): boolean {
  const saysTheSame = answer.status === compressed.status && answer.code === compressed.code;
  return saysTheSame || outcome.kind === "split";
}

/** Compressed bodies are not opened at an endpoint, as an operator reads it. */
export interface GzipLoss {
  readonly message: string;
  readonly hint: string;
  /** Whether there is no other endpoint. */
  readonly holds: boolean;
}

export function gzipLoss(
  endpoint: string,
  compressed: string,
  isTaken: boolean,
  holds: boolean,
): GzipLoss {
  return {
    message:
      `Compressed events are not taken by ${endpoint}: ${compressed}. The first event alone, sent without ` +
      `compression, was ${isTaken ? "taken" : "understood"}`,
    hint:
      "What stands before the collector loses the header Content-Encoding, or opens the body and keeps it. Nothing " +
      "is parked. Let it pass Content-Encoding: gzip and the body as they are, or set hec.gzip: false",
    holds,
  };
}
