import type { Clock } from "../base/clock.ts";
import type { HecRequest, HecResponse, HecTransport } from "./hec_transport.ts";

/** When connections are given up, so that a balancer can spread them anew. */
export interface Retirement {
  readonly afterRequests: number;
  readonly afterMs: number;
}

interface Generation {
  readonly transport: HecTransport;
  readonly bornMs: number;
  requests: number;
  inFlight: number;
}

/** A transport whose connections can be replaced by new ones, and are due for that in the end. */
export class RotatingTransport implements HecTransport {
  readonly #make: () => HecTransport;
  readonly #retirement: Retirement;
  readonly #clock: Clock;
  #current: Generation | undefined;
  readonly #retiring = new Set<Generation>();

  constructor(make: () => HecTransport, retirement: Retirement, clock: Clock) {
    this.#make = make;
    this.#retirement = retirement;
    this.#clock = clock;
  }

  /** Whether the connections have carried enough requests, or are old enough, to be retired. */
  get isDue(): boolean {
    if (!this.#current) return false;
    const { requests, bornMs } = this.#current;
    const { afterRequests, afterMs } = this.#retirement;
    return requests >= afterRequests || this.#clock.monotonicMs() - bornMs >= afterMs;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    const generation = this.#current ??= {
      transport: this.#make(),
      bornMs: this.#clock.monotonicMs(),
      requests: 0,
      inFlight: 0,
    };
    generation.requests++;
    generation.inFlight++;
    try {
      return await generation.transport.send(request, signal);
    } finally {
      generation.inFlight--;
      this.#closeIfRetired(generation);
    }
  }

  /** The next request goes out on a new connection; those in flight end on theirs. */
  retire(): void {
    const generation = this.#current;
    if (!generation || generation.requests === 0) return;
    this.#current = undefined;
    this.#retiring.add(generation);
    this.#closeIfRetired(generation);
  }

  close(): void {
    this.#current?.transport.close();
    this.#current = undefined;
    for (const { transport } of this.#retiring) transport.close();
    this.#retiring.clear();
  }

  #closeIfRetired(generation: Generation): void {
    if (generation.inFlight === 0 && this.#retiring.delete(generation)) {
      generation.transport.close();
    }
  }
}
