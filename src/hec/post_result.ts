import type { TroubleCause } from "../base/telemetry.ts";
import type { Channel } from "./ack/channel.ts";
import type { Endpoint } from "./endpoint.ts";
import type { GzipLoss } from "./gzip_trust.ts";
import type { HecAnswer } from "./hec_answer.ts";
import type { Outcome } from "./outcome.ts";
import type { InParts } from "./too_large.ts";

/** An outcome that says nothing final about the events. */
export type Undecided = Extract<Outcome, { kind: "retry" | "hold" }>;

/** An answer that decides about the events of a request. */
export interface Decided<O extends Outcome = Exclude<Outcome, Undecided>> {
  readonly kind: "decided";
  readonly outcome: O;
  readonly answer: HecAnswer;
  readonly endpoint: Endpoint;
  readonly channel: Channel;
}

/** A post that decided nothing, described for the operator. */
export interface UndecidedPost {
  readonly kind: "undecided";
  readonly outcome: Undecided;
  readonly message: string;
  readonly hint: string;
  /** Milliseconds for which the endpoint gets no events now, because of this result. */
  readonly endpointWaitMs: number;
  /** Whether only the operator can end that. */
  readonly held?: boolean;
  readonly cause: TroubleCause;
  /** What to do while the source is held for it; the usual when left out. */
  readonly holdHint?: string;
}

/** An endpoint accepted the first event alone after it had refused all of them together, compressed. */
export interface FirstAccepted {
  readonly kind: "first_accepted";
  /** Of the first event. */
  readonly accepted: Decided<Extract<Outcome, { kind: "accepted" }>>;
  /** Why the others are not accepted, if the first event was accepted only without compression. */
  readonly loss: GzipLoss | undefined;
}

/** The result of posting a body. */
export type PostResult =
  | Decided
  | FirstAccepted
  | InParts
  /** The first events are accepted; the others need their own request. */
  | { readonly kind: "part"; readonly accepted: number }
  /** The source is held: its first event alone is the next probe. */
  | { readonly kind: "first_alone" };

export function isUndecided(outcome: Outcome): outcome is Undecided {
  return outcome.kind === "retry" || outcome.kind === "hold";
}

export function isAccepted(decided: Decided<Outcome>): decided is FirstAccepted["accepted"] {
  return decided.outcome.kind === "accepted";
}
