import type { TroubleCause } from "../base/telemetry.ts";
import type { Channel } from "./ack/channel.ts";
import type { Endpoint } from "./endpoint.ts";
import type { GzipLoss } from "./gzip_trial.ts";
import type { HecAnswer } from "./hec_answer.ts";
import type { Outcome } from "./outcome.ts";
import type { InParts } from "./size_trial.ts";

/** What says nothing final of the events. */
export type Undecided = Extract<Outcome, { kind: "retry" | "hold" }>;

/** An answer that decides about the events of a request. */
export interface Decided {
  readonly kind: "decided";
  readonly outcome: Exclude<Outcome, Undecided>;
  readonly answer: HecAnswer;
  readonly endpoint: Endpoint;
  readonly channel: Channel;
}

/** A post that decided nothing, told for the operator. */
export interface UndecidedPost {
  readonly kind: "undecided";
  readonly outcome: Undecided;
  readonly message: string;
  readonly hint: string;
  /** How long nothing is sent to the endpoint, because nothing answers there. */
  readonly endpointWaitMs: number;
  /** Whether nothing gets better there without the operator. */
  readonly held?: boolean;
  readonly cause: TroubleCause;
  /** What an operator is to do while the source is held for it; the usual without it. */
  readonly holdHint?: string;
}

/** The first event alone was taken by the same endpoint that refused all of them together, compressed. */
export interface FirstTaken {
  readonly kind: "first_taken";
  /** Of the first event. */
  readonly taken: Decided & { readonly outcome: Extract<Outcome, { kind: "accepted" }> };
  /** Why the rest is not taken, when the first event was only without compression. */
  readonly loss: GzipLoss | undefined;
}

/** What a post came to. */
export type PostResult =
  | Decided
  | FirstTaken
  | InParts
  /** The first events are taken; the rest is to be posted in a request of its own. */
  | { readonly kind: "part"; readonly taken: number }
  /** The source is held: the first event alone is to find out whether events are taken again. */
  | { readonly kind: "first_alone" };
