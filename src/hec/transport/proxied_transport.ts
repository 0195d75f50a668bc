import { askProxy, type ProxyTarget } from "../../base/ask_proxy.ts";
import type { BreakerView } from "../../base/breaker.ts";
import type { Clock } from "../../base/clock.ts";
import { openContent } from "../../base/content_coding.ts";
import { explainForwarded, explainProxy, type ProxyOnTheWay } from "../../base/proxy_failure.ts";
import { isPage, pageTitle } from "../../base/page_title.ts";
import { readHecAnswer } from "../hec_answer.ts";
import {
  ANSWER_MAX_BYTES,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  type HecTransport,
  SHARED_OPTIONS,
} from "./hec_transport.ts";

/**
 * A transport through a proxy: failures of the proxy are reported as such. While it is not known to work, it is probed
 * before the request is sent.
 */
export class ProxiedTransport implements HecTransport {
  readonly #transport: HecTransport;
  readonly #proxy: ProxyOnTheWay;
  readonly #target: ProxyTarget;
  readonly #caCerts: readonly string[];
  readonly #breaker: BreakerView;
  readonly #clock: Clock;

  /**
   * @param connection With a proxy.
   */
  constructor(
    transport: HecTransport,
    { baseUrl, proxyUrl, caCerts, optionPath = SHARED_OPTIONS }: HecConnection,
    breaker: BreakerView,
    clock: Clock,
  ) {
    const { protocol, hostname, port } = new URL(baseUrl);
    const tunnel = protocol === "https:";
    this.#transport = transport;
    this.#proxy = { proxyUrl: proxyUrl!, option: `${optionPath}.proxy` };
    this.#target = { hostname, port: Number(port || (tunnel ? 443 : 80)), tunnel };
    this.#caCerts = caCerts;
    this.#breaker = breaker;
    this.#clock = clock;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    if (!this.#breaker.isClosed) {
      await askProxy(
        { proxy: this.#proxy, target: this.#target, caCerts: this.#caCerts },
        this.#clock,
        signal,
      );
    }
    let response: HecResponse;
    try {
      response = await this.#transport.send(request, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof Error ? explainProxy(error, this.#proxy, this.#name) : error;
    }
    if (!this.#target.tunnel) this.#throwIfProxys(response);
    return response;
  }

  get maxBodyBytes(): number | undefined {
    return this.#transport.maxBodyBytes;
  }

  async canConnect(signal: AbortSignal): Promise<boolean> {
    return await this.#transport.canConnect?.(signal) ?? false;
  }

  close(): void {
    this.#transport.close();
  }

  get #name(): string {
    return `${this.#target.hostname}:${this.#target.port}`;
  }

  #throwIfProxys({ status, body, contentEncoding }: HecResponse): void {
    if (status !== 403 && status !== 407) return;
    const content = openContent(body, contentEncoding, ANSWER_MAX_BYTES);
    const { code } = readHecAnswer({ status, body: content, retryAfter: null }, 0);
    const title = isPage(content) ? pageTitle(content) : "";
    const answer = { status, isServers: code !== undefined, title };
    const failure = explainForwarded(answer, this.#proxy, this.#name);
    if (failure) throw failure;
  }
}
