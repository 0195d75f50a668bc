import { Breaker, type BreakerView, type Pass, passAll, tryPassAll } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { OperatorError } from "./errors.ts";
import { endProxyPass } from "./proxy_breakers.ts";
import { proxyFailureIn } from "./proxy_failure.ts";
import { TimedOut, withTimeout } from "./timeout.ts";

/** How long a request beside the others waits for a proxy. */
const PROXY_WAIT_MS = 10_000;
/** Between the tries while nothing answers: they may be handshakes. */
const NO_ANSWER = { backoff: { baseMs: 1000, capMs: 30_000 }, leastMs: 500 };

export interface ServerWayOptions {
  /** Whether the first request of all goes alone, so that a wrong certificate is met once. */
  readonly startsAlone?: boolean;
  /** Of the proxy on the way, which others may go through too. */
  readonly proxy?: BreakerView | undefined;
  /** As `nameOf` says it. */
  readonly proxyName?: string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What became of a request; `noAnswer` is the error that it ended with. Any answer shows that the endpoint is there. */
export type SlotResult =
  | "ok"
  | "failed"
  | "eject"
  /** What was asked beside events was answered, which says nothing of whether these are taken. */
  | "answered"
  | "unknown"
  | { readonly noAnswer: unknown };

/** The right to send one request. */
export interface WayPass {
  /**
   * Says once what it came to; more often does nothing.
   * @returns how long nothing is sent this way now, in milliseconds.
   */
  end(result: SlotResult): number;
}

/** Whether requests may be sent to a server: it answers, and so does the proxy that they go through. */
export class ServerWay {
  readonly #clock: Clock;
  readonly #own: Breaker;
  readonly #proxy: BreakerView | undefined;
  /** Of the proxy on the way, if there is one and it is known. */
  readonly proxyName: string | undefined;
  /** The proxy's, if there is one, and the server's own. */
  readonly #breakers: readonly BreakerView[];
  /** What a request through the proxy came to last, as far as it concerns the proxy. */
  #proxyFailure: Error | undefined;

  constructor(options: ServerWayOptions) {
    const own = new Breaker({ ...NO_ANSWER, ...options });
    this.#clock = options.clock;
    this.#own = own;
    this.#proxy = options.proxy;
    this.proxyName = options.proxyName;
    this.#breakers = options.proxy ? [options.proxy, own] : [own];
  }

  /** As that of a `Breaker`. */
  get waitMs(): number {
    return Math.max(...this.#breakers.map(({ waitMs }) => waitMs));
  }

  /** Says that a request waits. */
  want(): void {
    for (const breaker of this.#breakers) breaker.want();
  }

  onChange(listener: () => void): void {
    for (const breaker of this.#breakers) breaker.onChange(listener);
  }

  tryPass(): WayPass | undefined {
    const passes = tryPassAll(this.#breakers);
    return passes && this.#wayPass(passes);
  }

  /** Waits until a request may be sent. Throws the reason of `signal` when it aborts first. */
  async pass(signal: AbortSignal): Promise<WayPass> {
    return this.#wayPass(await passAll(this.#breakers, this.#clock, signal));
  }

  /**
   * As `pass`, for what has a deadline of its own: after that time the server is tried whatever has failed there.
   * @throws also when the proxy lets nothing through then.
   */
  async passWithin(mostMs: number, signal: AbortSignal): Promise<WayPass> {
    try {
      return await withTimeout(
        { what: "Waiting", timeoutMs: mostMs },
        this.#clock,
        signal,
        (limit) => this.pass(limit),
      );
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
    }
    const passes = this.#passProxy();
    return this.#wayPass([...passes, this.#own.passAnyway()]);
  }

  #passProxy(): Pass[] {
    if (!this.#proxy) return [];
    const pass = this.#proxy.tryPass();
    if (pass) return [pass];
    throw this.#proxyFailure ??
      new Error(`Nothing comes back through ${this.proxyName ?? "the proxy on the way"}`);
  }

  /**
   * Sends a request beside the others, which does not wait for the server to answer them, and ten seconds at most for the
   * proxy.
   */
  async beside<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const what = "Waiting for the proxy";
    const proxies = this.#breakers.slice(0, -1);
    let passes: Pass[];
    try {
      passes = await withTimeout(
        { what, timeoutMs: PROXY_WAIT_MS },
        this.#clock,
        signal,
        (limit) => {
          return passAll(proxies, this.#clock, limit);
        },
      );
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      passes = this.#passProxy();
    }
    return await sendWith(this.#wayPass([...passes, NO_PASS]), signal, send);
  }

  /** Sends a request when one may be sent. */
  async send<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    return await sendWith(await this.pass(signal), signal, send);
  }

  #wayPass(passes: readonly Pass[]): WayPass {
    const own = passes.at(-1)!;
    const proxy = passes.length > 1 ? passes[0] : undefined;
    return {
      end: (result) => {
        if (result === "unknown") { for (const pass of passes) pass.unknown(); }
        else if (typeof result === "string") { for (const pass of passes) pass.succeeded(); }
        else {
          this.#proxyFailure = proxyFailureIn(result.noAnswer) ?? this.#proxyFailure;
          return noAnswer(own, proxy, result.noAnswer);
        }
        return 0;
      },
    };
  }
}

async function sendWith<T>(
  pass: WayPass,
  signal: AbortSignal,
  send: () => Promise<T>,
): Promise<T> {
  try {
    const result = await send();
    pass.end("ok");
    return result;
  } catch (error) {
    pass.end(signal.aborted ? "unknown" : { noAnswer: error });
    throw error;
  }
}

/** For what says nothing of the endpoint. */
const NO_PASS: Pass = { succeeded: () => {}, failed: () => 0, unknown: () => {} };

function noAnswer(own: Pass, proxy: Pass | undefined, error: unknown): number {
  if (proxy && proxyFailureIn(error)) {
    own.unknown();
    return endProxyPass(proxy, error, false);
  }
  // What has words for it, such as a certificate, was met behind the proxy.
  if (proxy) endProxyPass(proxy, error, error instanceof OperatorError);
  return own.failed();
}
