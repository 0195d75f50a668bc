import type { HttpResponse } from "../core/http.ts";
import type { HttpAction } from "../http/message.ts";
import type { RequestKind } from "../core/hec/request_gate.ts";

/** Which requests a fault is for: `data` is `/event` and `/raw`. */
export type FaultTarget = "data" | "ack" | "health" | "any";

interface FaultBase {
  /** Shown in the log of requests. */
  readonly name: string;
  /** "data" by default. */
  readonly on?: FaultTarget;
  /** How many matching requests a queued fault is for; 1 by default. */
  readonly times?: number;
  /** Waited, by the emulator's clock, when the body is read and not looked at yet. */
  readonly waitBeforeMs?: number;
  /** Waited before the answer, when everything is done; for faults "after" alone. */
  readonly waitAfterMs?: number;
}

/** What goes wrong with one request. */
export type Fault =
  /** Before the body is read. */
  | FaultBase & { readonly at: "head"; readonly answer: () => "close" | HttpResponse }
  /** With the body read and nothing stored, no ack drawn or burnt. */
  | FaultBase & { readonly at: "before"; readonly answer: () => HttpAction | HttpResponse }
  /** When everything was done: gets the answer that is due and gives what is sent in its place. */
  | FaultBase & {
    readonly at: "after";
    /** How many events are taken before reading stops; all by default. */
    readonly takeEvents?: number;
    readonly answer: (due: HttpResponse) => HttpAction | HttpResponse;
  };

/** What a rule may look at. */
export interface FaultRequest {
  readonly kind: RequestKind;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Announced size of the body; undefined for a chunked one. */
  readonly contentBytes: number | undefined;
  /** Undefined for `/health`. */
  readonly token: string | undefined;
  readonly channel: string | undefined;
  readonly requestId: number;
  readonly connectionId: number;
}

/**
 * Decides for one request.
 * @param n Number of the request among those for the same target (data, ack or health), from 1.
 */
export type FaultRule = (request: FaultRequest, n: number) => Fault | undefined;

/** The faults to come: a queue, and a rule for when the queue holds nothing that fits. */
export class FaultPlan {
  /** A fault that it gives for a request of another target than the fault's `on` does nothing. */
  rule: FaultRule | undefined;
  readonly #queue: { fault: Fault; left: number }[] = [];
  readonly #counts = { data: 0, ack: 0, health: 0 };

  /** Queues faults; each is used up by the next request that it is for. */
  enqueue(faults: readonly Fault[]): void {
    for (const fault of faults) this.#queue.push({ fault, left: fault.times ?? 1 });
  }

  /** Queued faults that have not been used up. */
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
