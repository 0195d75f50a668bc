import type { Clock } from "../../base/clock.ts";
import type { TlsFiles, TlsTexts } from "../../base/tls_files.ts";
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
  readonly #make: (texts: TlsTexts) => HecTransport;
  readonly #tls: TlsFiles;
  readonly #retirement: Retirement;
  readonly #clock: Clock;
  /** What connections are made with. */
  #texts: TlsTexts | undefined;
  #renewals = 0;
  #current: Generation | undefined;
  readonly #retiring = new Set<Generation>();

  constructor(
    make: (texts: TlsTexts) => HecTransport,
    tls: TlsFiles,
    retirement: Retirement,
    clock: Clock,
  ) {
    this.#make = make;
    this.#tls = tls;
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

  /** How often connections were retired because certificates or keys had changed. */
  get renewals(): number {
    return this.#renewals;
  }

  /**
   * Retires the connections when certificates or keys have changed since they were made.
   * @throws the reason of `signal`.
   */
  async renew(signal: AbortSignal): Promise<void> {
    const texts = await this.#tls.current(signal);
    if (texts === this.#texts) return;
    if (this.#texts) this.#renewals++;
    this.#texts = texts;
    this.retire();
  }

  /**
   * Largest body of several events that a request may have now.
   * @throws the reason of `signal`.
   */
  async currentMaxBodyBytes(signal: AbortSignal): Promise<number> {
    await this.renew(signal);
    return this.#generation().transport.maxBodyBytes ?? Infinity;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    if (!this.#texts) await this.renew(signal);
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

  /** Asked for a request that is under way: it may have been retired meanwhile. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    const { transport } = this.#current ?? [...this.#retiring].at(-1) ?? {};
    return await transport?.canConnect?.(signal) ?? false;
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
