import type { Clock } from "../../base/clock.ts";
import type { TlsFiles, TlsTexts } from "../../base/tls_files.ts";
import type { HecRequest, HecResponse, HecTransport } from "./hec_transport.ts";

/** When connections are replaced, so that a load balancer can distribute them again. */
export interface MaxConnectionAge {
  readonly afterRequests: number;
  readonly afterMs: number;
}

interface Generation {
  readonly transport: HecTransport;
  readonly bornMs: number;
  requests: number;
  inFlight: number;
}

/** A transport whose connections can be replaced, and are due for that at a maximum age. */
export class RotatingTransport implements HecTransport {
  readonly #make: (texts: TlsTexts) => HecTransport;
  readonly #tls: TlsFiles;
  readonly #maxAge: MaxConnectionAge;
  readonly #clock: Clock;
  /** What new connections are made with. */
  #texts: TlsTexts | undefined;
  #tlsGeneration = 0;
  #current: Generation | undefined;
  readonly #retiring = new Set<Generation>();

  constructor(
    make: (texts: TlsTexts) => HecTransport,
    tls: TlsFiles,
    maxAge: MaxConnectionAge,
    clock: Clock,
  ) {
    this.#make = make;
    this.#tls = tls;
    this.#maxAge = maxAge;
    this.#clock = clock;
  }

  /** Whether the connections have reached their maximum age or number of requests. */
  get isDue(): boolean {
    if (!this.#current) return false;
    const { requests, bornMs } = this.#current;
    const { afterRequests, afterMs } = this.#maxAge;
    return requests >= afterRequests || this.#clock.monotonicMs() - bornMs >= afterMs;
  }

  /** Number of times that connections were retired because certificates or keys had changed. */
  get tlsGeneration(): number {
    return this.#tlsGeneration;
  }

  /**
   * Retires the connections if certificates or keys have changed since they were made.
   * @throws the reason of `signal`.
   */
  async refreshTls(signal: AbortSignal): Promise<void> {
    const texts = await this.#tls.current(signal);
    if (texts === this.#texts) return;
    if (this.#texts) this.#tlsGeneration++;
    this.#texts = texts;
    this.retire();
  }

  /**
   * Largest body of several events that a request may have now.
   * @throws the reason of `signal`.
   */
  async currentMaxBodyBytes(signal: AbortSignal): Promise<number> {
    await this.refreshTls(signal);
    return this.#generation().transport.maxBodyBytes ?? Infinity;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    if (!this.#texts) await this.refreshTls(signal);
    const generation = this.#generation();
    generation.requests++;
    generation.inFlight++;
    try {
      return await generation.transport.send(request, signal);
    } finally {
      generation.inFlight--;
      this.#closeIfRetired(generation);
    }
  }

  /** For a request that is under way: its connection may have been retired meanwhile. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    const { transport } = this.#current ?? [...this.#retiring].at(-1) ?? {};
    return await transport?.canConnect?.(signal) ?? false;
  }

  /** Sends the next request on a new connection; requests in flight end on theirs. */
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

  #generation(): Generation {
    return this.#current ??= {
      transport: this.#make(this.#texts!),
      bornMs: this.#clock.monotonicMs(),
      requests: 0,
      inFlight: 0,
    };
  }

  #closeIfRetired(generation: Generation): void {
    if (generation.inFlight === 0 && this.#retiring.delete(generation)) {
      generation.transport.close();
    }
  }
}
