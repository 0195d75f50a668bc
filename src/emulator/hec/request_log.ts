import type { RequestKind } from "../core/hec/request_gate.ts";

/** One request, as the emulator saw and answered it. */
export interface SeenRequest {
  readonly requestId: number;
  readonly connectionId: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Undefined for what is answered before its kind is known: wrong path, method or token, OPTIONS. */
  readonly kind: RequestKind | undefined;
  readonly channel: string | undefined;
  /** The number of the indexer, from 0; undefined if the request did not reach one. */
  readonly indexer: number | undefined;
  /** The body as received; undefined if it was not read, or nothing is to be kept. */
  readonly body: Uint8Array | undefined;
  readonly bodyBytes: number;
  /** The body after inflating; undefined if nobody inflated it. */
  readonly inflatedBytes: number | undefined;
  /** Status of the answer; undefined if there was none. */
  readonly status: number | undefined;
  /** Its HEC code; undefined if it was no HEC answer. */
  readonly code: number | undefined;
  readonly eventsTaken: number;
  readonly eventsSkipped: number;
  readonly ackId: number | undefined;
  /** Name of the fault that was played; undefined if none was. */
  readonly fault: string | undefined;
  /** Moment of the answer by the monotonic clock. */
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
    // Cut off half at a time: to drop one at every request would move the whole list each time.
    if (this.#kept.length > 2 * this.#maxKept + 100) this.#kept = [...this.all];
  }
}
