import { askProxy, type ProxyTarget } from "../base/ask_proxy.ts";
import { readSmallBody } from "../base/bounded_body.ts";
import type { BreakerView } from "../base/breaker.ts";
import type { Clock } from "../base/clock.ts";
import { isPage, pageTitle } from "../base/page_title.ts";
import { explainForwarded, explainProxy, type ProxyOnTheWay } from "../base/proxy_failure.ts";

const PAGE_MAX_BYTES = 64 * 1024;

/** Recognizes what comes from the proxy on the way to SLS. */
export class ProxiedSls {
  readonly #proxy: ProxyOnTheWay;
  readonly #target: ProxyTarget;
  readonly #breaker: BreakerView;
  readonly #clock: Clock;

  constructor(proxy: ProxyOnTheWay, target: ProxyTarget, breaker: BreakerView, clock: Clock) {
    this.#proxy = proxy;
    this.#target = target;
    this.#breaker = breaker;
    this.#clock = clock;
  }

  /**
   * Asks the proxy before a request, unless it is known to work.
   * @throws as `askProxy`.
   */
  async beforeSending(caCerts: readonly string[], signal: AbortSignal): Promise<void> {
    if (this.#breaker.isClosed) return;
    await askProxy(
      { proxy: this.#proxy, target: this.#target, caCerts },
      this.#clock,
      signal,
    );
  }

  /** As `explainProxy`. */
  explain(error: Error): Error {
    return explainProxy(error, this.#proxy, this.#name);
  }

  /**
   * Checks an answer to a request without a tunnel. SLS's own refusals have a request id.
   * @throws {ProxyFailure} when it is the proxy's refusal.
   */
  async throwIfProxys(response: Response): Promise<void> {
    const { status, headers } = response;
    if (this.#target.tunnel || status !== 403 && status !== 407) return;
    const answer = { status, isServers: headers.has("x-log-requestid"), title: "" };
    if (!explainForwarded(answer, this.#proxy, this.#name)) return;
    const body = await readSmallBody(response.body, PAGE_MAX_BYTES, { cut: true });
    const title = isPage(body) ? pageTitle(body) : "";
    throw explainForwarded({ ...answer, title }, this.#proxy, this.#name);
  }

  get #name(): string {
    return `${this.#target.hostname}:${this.#target.port}`;
  }
}
