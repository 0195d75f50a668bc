import { Breaker, type BreakerOptions, type BreakerView } from "./breaker.ts";
import { proxyFailureIn } from "./proxy_failure.ts";
import type { Pass } from "./breaker.ts";

/** After a refusal: a wrong password, tried often, locks an account. */
const REFUSED = { stepsMs: [60_000, 300_000, 900_000] } as const;
/** While it cannot be reached. */
const AWAY = { baseMs: 500, capMs: 15_000 };

/** Whether requests may go through each proxy: one for all that goes through it, whatever leg it belongs to. */
export interface ProxyBreakers {
  /** @param proxyUrl Credentials included: another login is another proxy. */
  of(proxyUrl: string): BreakerView;
}

/** Those of the program's main isolate, or of a program without workers. */
export class LocalProxyBreakers implements ProxyBreakers {
  readonly #env: Pick<BreakerOptions, "clock" | "random">;
  readonly #known = new Map<string, Breaker>();

  constructor({ clock, random }: Pick<BreakerOptions, "clock" | "random">) {
    this.#env = { clock, random };
  }

  of(proxyUrl: string): Breaker {
    const known = this.#known.get(proxyUrl);
    if (known) return known;
    const breaker = new Breaker({
      ...this.#env,
      backoff: AWAY,
      slowBackoff: REFUSED,
      leastMs: 250,
      startsAlone: true,
      failuresStand: true,
    });
    this.#known.set(proxyUrl, breaker);
    return breaker;
  }
}

/**
 * Says on a pass of a proxy that a request through it got no answer.
 * @param wasReached Whether the proxy let it through, as a handshake with the server behind shows.
 * @returns how long nothing goes through it now, in milliseconds.
 */
export function endProxyPass(pass: Pass, error: unknown, wasReached: boolean): number {
  const failure = proxyFailureIn(error);
  if (failure) return pass.failed(0, failure.kind === "refused");
  if (wasReached) pass.succeeded();
  else pass.unknown(true);
  return 0;
}
