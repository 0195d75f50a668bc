import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { RequestKind } from "../core/hec/request_gate.ts";

/** Which requests a fault is for: `data` is `/event` and `/raw`. */
export type FaultTarget = "data" | "ack" | "health" | "any";

interface FaultBase {
  /** Shown in the list of requests. */
  readonly name: string;
  /** The requests that it is for; "data" by default. */
  readonly on?: FaultTarget;
  /** The number of matching requests that a queued fault is for; 1 by default. */
  readonly times?: number;
  /** Wait, by the emulator's clock, after reading the body and before parsing it. */
  readonly waitBeforeMs?: number;
  /** Wait before the answer, after everything else; only for faults "after". */
  readonly waitAfterMs?: number;
}

/** What goes wrong with one request. */
export type Fault =
  /** Before the body is read. */
  | FaultBase & { readonly at: "head"; readonly answer: () => "close" | HttpResponse }
  /** After reading the body; nothing is stored, no ack id issued or reported. */
  | FaultBase & { readonly at: "before"; readonly answer: () => HttpAction | HttpResponse }
  /** After everything is done: gets the true answer and returns what is sent instead. */
  | FaultBase & {
    readonly at: "after";
    /** Reading stops after this many events; all are read by default. */
    readonly takeEvents?: number;
    readonly answer: (truth: HttpResponse) => HttpAction | HttpResponse;
  };

/** A request, as rules see it. */
export interface FaultRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Announced size of the body; undefined for a chunked body. */
  readonly contentBytes: number | undefined;
  /** Undefined for `/health`. */
  readonly token: string | undefined;
  readonly channel: string | undefined;
  readonly requestId: number;
  readonly connectionId: number;
}

/**
 * Decides the fault of one request.
 *
 * @param n Number of the request among those for the same target (data, ack or health), from 1.
 */
export type FaultRule = (request: FaultRequest, n: number) => Fault | undefined;

/** The planned faults: a queue, and a rule for requests that no queued fault is for. */
export class FaultPlan {
  /** A fault that it returns for a request of another target than the fault's `on` is ignored. */
  rule: FaultRule | undefined;
  readonly #queue: { fault: Fault; left: number }[] = [];
  readonly #counts = { data: 0, ack: 0, health: 0 };

  /** Queues faults; each is used by the next request that it is for. */
  enqueue(faults: readonly Fault[]): void {
    for (const fault of faults) this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** Number of queued faults that are not used yet. */
  get queued(): number {
    return this.#queue.reduce((sum, { left }) => sum + left, 0);
  }

  /** The fault for a request that has arrived. */
  next(request: FaultRequest): Fault | undefined {
    const target = request.kind === "event" || request.kind === "raw" ? "data" : request.kind;
    const n = ++this.#counts[target];
    const fits = (fault: Fault) => fault.on === "any" || (fault.on ?? "data") === target;
    const at = this.#queue.findIndex(({ fault }) => fits(fault));
    const queued = this.#queue[at];
    if (queued) {
      if (--queued.left === 0) this.#queue.splice(at, 1);
      return queued.fault;
    }
    const fault = this.rule?.(request, n);
    return fault && fits(fault) ? fault : undefined;
  }
}
