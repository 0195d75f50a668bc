import { Breaker, type BreakerView, type Pass } from "./breaker.ts";
import type { Env } from "./env.ts";
import { proxyFailureIn } from "./proxy_failure.ts";

/** After a refusal: a wrong password that is tried often locks an account. */
const REFUSED = { stepsMs: [60_000, 300_000, 900_000] } as const;
/** While the proxy cannot be reached. */
const AWAY = { baseMs: 500, capMs: 15_000 };
const MIN_WAIT_MS = 250;

/** Whether requests may go through each proxy. One breaker for each, whatever goes through it. */
export interface ProxyBreakers {
  /**
   * @param proxyUrl Including credentials: another login counts as another proxy.
   */
  of(proxyUrl: string): BreakerView;
}

/** The breakers of the main isolate, or of a program without workers. */
export class LocalProxyBreakers implements ProxyBreakers {
  readonly #env: Pick<Env, "clock" | "random">;
  readonly #known = new Map<string, Breaker>();

  constructor(env: Pick<Env, "clock" | "random">) {
    this.#env = env;
  }

  of(proxyUrl: string): Breaker {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const breaker = new Breaker(this.#env, {
      backoff: AWAY,
      slowBackoff: REFUSED,
      minWaitMs: MIN_WAIT_MS,
      startsAlone: true,
      failuresStand: true,
    });
    this.#known.set(proxyUrl, breaker);
    return breaker;
  }
}

/**
 * Says on a proxy's pass that a request through it got no answer.
 * @param wasReached Whether the proxy let the request through, as a handshake with the server behind it shows.
 * @returns how long nothing goes through the proxy now, in milliseconds.
 */
export function endProxyPass(pass: Pass, error: unknown, wasReached: boolean): number {
  const failure = proxyFailureIn(error);
  if (failure) return pass.failed(0, failure.kind === "refused");
  if (wasReached) pass.succeeded();
  else pass.unknown(true);
  return 0;
}
