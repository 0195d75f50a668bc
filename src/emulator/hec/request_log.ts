import type { RequestKind } from "../core/hec/request_gate.ts";

/** One request and its answer. */
export interface SeenRequest {
  readonly requestId: number;
  readonly connectionId: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Undefined if answered before the kind was known: wrong path, method or token, OPTIONS. */
  readonly kind: RequestKind | undefined;
  readonly channel: string | undefined;
  /** Number of the indexer, from 0; undefined if the request did not reach one. */
  readonly indexer: number | undefined;
  /** The body as received; undefined if it was not read or bodies are not kept. */
  readonly body: Uint8Array | undefined;
  readonly bodyBytes: number;
  /** Size of the inflated body; undefined if it was not inflated. */
  readonly inflatedBytes: number | undefined;
  /** Status of the answer; undefined if there was none. */
  readonly status: number | undefined;
  /** HEC code of the answer; undefined if it has none. */
  readonly code: number | undefined;
  readonly eventsTaken: number;
  readonly eventsSkipped: number;
  readonly ackId: number | undefined;
  /** Name of the fault; undefined if there was none. */
  readonly fault: string | undefined;
  /** Time of the answer by the monotonic clock. */
  readonly answeredAtMs: number;
}

/** The latest requests. */
export class RequestLog {
  readonly #maxKept: number;
  #kept: SeenRequest[] = [];

  constructor(maxKept: number) {
    this.#maxKept = maxKept;
  }

  /** In order of their answers. */
  get all(): readonly SeenRequest[] {
    return this.#kept.slice(Math.max(0, this.#kept.length - this.#maxKept));
  }

  add(request: SeenRequest): void {
    this.#kept.push(request);
    // Dropping one entry per request would move the whole list each time.
    if (this.#kept.length > 2 * this.#maxKept + 100) this.#kept = [...this.all];
  }
}
