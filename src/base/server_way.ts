import { Breaker, type BreakerView, type Pass, passAll, tryPassAll } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import type { Env } from "./env.ts";
import { OperatorError } from "./errors.ts";
import { endProxyPass } from "./proxy_breakers.ts";
import { proxyFailureIn } from "./proxy_failure.ts";
import { TimedOut, withTimeout } from "./timeout.ts";

/** How long a request that does not wait for the server waits for a proxy. */
const PROXY_WAIT_MS = 10_000;
/** Between tries while nothing answers: each may be a handshake. */
const BACKOFF = { baseMs: 1000, capMs: 30_000 };
const MIN_WAIT_MS = 500;

/** How a server is reached. */
interface ServerWayOptions {
  /** Whether the very first request goes alone, so that a wrong certificate is met once. */
  readonly startsAlone?: boolean | undefined;
  /** The breaker of the proxy on the way, which other servers may share. */
  readonly proxy?: BreakerView | undefined;
  /** As `nameOf` gives it. */
  readonly proxyName?: string | undefined;
}

/** What became of a request. Any answer shows that the server is there; `noAnswer` is the error that it ended with. */
export type SlotResult =
  | "ok"
  | "failed"
  | "eject"
  /** A request other than for events was answered, which does not show whether events are taken. */
  | "answered"
  | "unknown"
  | { readonly noAnswer: unknown };

/** The right to send one request. */
export interface WayPass {
  /**
   * Says the outcome once; saying it again does nothing.
   * @returns how long nothing is sent this way now, in milliseconds.
   */
  end(result: SlotResult): number;
}

/** Whether requests may be sent to a server: it answers, and so does the proxy on the way. */
export class ServerWay {
  readonly #clock: Clock;
  readonly #own: Breaker;
  readonly #proxy: BreakerView | undefined;
  /** The proxy on the way; undefined when there is none, or its name is not known. */
  readonly proxyName: string | undefined;
  /** The proxy's, if there is one, then the server's own. */
  readonly #breakers: readonly BreakerView[];
  /** The last failure of the proxy that a request met. */
  #proxyFailure: Error | undefined;

  constructor(
    env: Pick<Env, "clock" | "random">,
    { startsAlone, proxy, proxyName }: ServerWayOptions = {},
  ) {
    this.#clock = env.clock;
    this.#own = new Breaker(env, { backoff: BACKOFF, minWaitMs: MIN_WAIT_MS, startsAlone });
    this.#proxy = proxy;
    this.proxyName = proxyName;
    this.#breakers = proxy ? [proxy, this.#own] : [this.#own];
  }

  /** Milliseconds until a request may be sent; 0 when it may now. */
  get waitMs(): number {
    return Math.max(...this.#breakers.map(({ waitMs }) => waitMs));
  }

  /** Whether nothing keeps requests from being sent together. */
  get isClosed(): boolean {
    return this.#breakers.every(({ isClosed }) => isClosed);
  }

  /** Announces that a request waits. */
  want(): void {
    for (const breaker of this.#breakers) breaker.want();
  }

  /** Calls `listener` when a request may have become possible. */
  onChange(listener: () => void): void {
    for (const breaker of this.#breakers) breaker.onChange(listener);
  }

  /** The right to send a request now; undefined while it has to be waited for. */
  tryPass(): WayPass | undefined {
    const passes = tryPassAll(this.#breakers);
    return passes && this.#wayPass(passes);
  }

  /**
   * Waits until a request may be sent.
   * @throws the signal's reason when `signal` aborts first.
   */
  async pass(signal: AbortSignal): Promise<WayPass> {
    return this.#wayPass(await passAll(this.#breakers, this.#clock, signal));
  }

  /**
   * As `pass`, for a request with its own deadline: after `timeoutMs` the server is tried whatever has failed there.
   * @throws also when the proxy lets nothing through then.
   */
  async passWithin(timeoutMs: number, signal: AbortSignal): Promise<WayPass> {
    try {
      return await withTimeout(
        { what: "Waiting", timeoutMs },
        this.#clock,
        signal,
        (limit) => this.pass(limit),
      );
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
    }
    return this.#wayPass([...this.#passProxy(), this.#own.passAnyway()]);
  }

  #passProxy(): Pass[] {
    if (!this.#proxy) return [];
    const pass = this.#proxy.tryPass();
    if (pass) return [pass];
    throw this.#proxyFailure ??
      new Error(`Nothing comes back through ${this.proxyName ?? "the proxy on the way"}`);
  }

  /** Sends a request without waiting for the server; waits at most ten seconds for the proxy. */
  async beside<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const proxies = this.#breakers.slice(0, -1);
    let passes: Pass[];
    try {
      passes = await withTimeout(
        { what: "Waiting for the proxy", timeoutMs: PROXY_WAIT_MS },
        this.#clock,
        signal,
        (limit) => passAll(proxies, this.#clock, limit),
      );
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      passes = this.#passProxy();
    }
    return await sendWith(this.#wayPass([...passes, NO_PASS]), signal, send);
  }

  /** Sends a request as soon as one may be sent. */
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

/** For a request whose outcome does not count for the server. */
const NO_PASS: Pass = { succeeded: () => {}, failed: () => 0, unknown: () => {} };

function noAnswer(own: Pass, proxy: Pass | undefined, error: unknown): number {
  if (proxy && proxyFailureIn(error)) {
    own.unknown();
    return endProxyPass(proxy, error, false);
  }
  // An error that is explained, such as that of a certificate, was met behind the proxy.
  if (proxy) endProxyPass(proxy, error, error instanceof OperatorError);
  return own.failed();
}
