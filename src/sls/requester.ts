import { readBodyInto } from "../base/bounded_body.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { type SemaphoreGuard, WeightedSemaphore } from "../base/weighted_semaphore.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { ServerWay, WayPass } from "../base/server_way.ts";
import { TimedOut, withTimeout } from "../base/timeout.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";
import { type JsonAnswer, readJson } from "./json_answer.ts";
import { ServerClock } from "./server_clock.ts";
import { signV1 } from "./sign_v1.ts";
import { signV4 } from "./sign_v4.ts";
import { readRefusal, requestIdOf } from "./read_refusal.ts";
import type { SlsCall, UnsignedRequest } from "./sls_request.ts";
import { SlsError } from "./sls_error.ts";

const NEVER = new AbortController().signal;
const API_VERSION = "0.6.0";
/** A body has stalled when no byte comes for this long. */
const STALL_TIMEOUT_MS = 15_000;
/** Most calls in flight, each on its own connection: pulls, and calls about shards and checkpoints. */
const MAX_PULLS = 256;
const MAX_OTHERS = 64;

/** The address of a project. */
interface SlsAddress {
  /** Scheme, host and port to connect to, such as `https://p.cn-hangzhou.log.aliyuncs.com`. */
  readonly origin: string;
  /** The `Host` header: names the project, also when `origin` is an IP address. */
  readonly host: string;
}

export interface SlsRequesterOptions {
  readonly address: SlsAddress;
  readonly credentials: CredentialsProvider;
  /** Region for signature v4; undefined for v1. */
  readonly signV4Region: string | undefined;
  readonly timeoutMs: number;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Shared by all requesters of an address; requests do not wait for the server when left out. */
  readonly way?: ServerWay;
  /** Must allow setting the `host` header. */
  readonly fetch: (url: string, init: SlsFetchInit) => Promise<Response>;
}

type SlsFetchInit = RequestInit & { readonly signal: AbortSignal };

/** Signs and sends the requests of one project, and classifies failures. */
export class SlsRequester {
  readonly #options: SlsRequesterOptions;
  readonly #serverClock: ServerClock;
  readonly #pulls = new WeightedSemaphore(MAX_PULLS);
  readonly #others = new WeightedSemaphore(MAX_OTHERS);

  constructor(options: SlsRequesterOptions) {
    this.#options = options;
    this.#serverClock = new ServerClock(options.clock);
  }

  /** The server's time, in milliseconds since 1970, as far as its answers have shown it. */
  get serverNowMs(): number {
    return this.#serverClock.nowMs;
  }

  /**
   * Sends one call and passes the 200 answer to `read`, all within the timeout.
   *
   * When the server refuses the time, the call is repeated once with the server's time; when it refuses the credentials,
   * once with newer ones, if there are any. The caller may repeat it after other failures.
   * @throws {SlsError}
   * @throws the signal's reason when `signal` aborts.
   */
  async call<T>(
    call: SlsCall,
    signal: AbortSignal | undefined,
    read: (response: Response, requestId: string) => Promise<T>,
  ): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    const limitMs = Math.min(timeoutMs, call.timeoutMs ?? timeoutMs);
    const permit = await this.#enter(call, signal);
    let pass: WayPass | undefined;
    let requestId = "";
    try {
      pass = await this.#passFor(call, limitMs, signal ?? NEVER);
      return await withTimeout(
        { what: call.name, timeoutMs: limitMs },
        clock,
        signal,
        async (limit) => {
          const response = await this.#sendUntilTaken(call, limit, () => pass?.end("ok"));
          requestId = requestIdOf(response);
          try {
            return await read(response, requestId);
          } catch (error) {
            // An unread body would keep its connection open.
            if (response.body && !response.bodyUsed) await response.body.cancel();
            throw error;
          }
        },
      );
    } catch (error) {
      if (error instanceof SlsError) throw this.#sentTo(error, call);
      if (signal?.aborted) throw signal.reason;
      pass?.end({ noAnswer: error });
      throw this.#noAnswer(call, error, requestId);
    } finally {
      pass?.end("unknown");
      permit?.release();
    }
  }

  /**
   * Sends one call whose 200 answer is JSON, and checks that.
   * @throws {SlsError}, or the reason of `signal`.
   */
  async callJson<T>(
    call: SlsCall,
    answer: JsonAnswer<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    return await this.call(
      call,
      signal,
      (response, requestId) => readJson(call.name, answer, response, requestId),
    );
  }

  /** Waits while too many calls of the kind are in flight: connections are limited. */
  async #enter(
    { lane }: SlsCall,
    signal: AbortSignal | undefined,
  ): Promise<SemaphoreGuard | undefined> {
    if (lane === "heartbeat") return undefined;
    const permits = lane === "pull" ? this.#pulls : this.#others;
    return permits.tryAcquire(1) ?? await permits.acquire(1, signal);
  }

  /**
   * Waits while the server does not answer, or the proxy on the way lets nothing through. A call with its own timeout has a
   * deadline, as heartbeats have: it is sent anyway after half of that time.
   */
  async #passFor(
    call: SlsCall,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<WayPass | undefined> {
    const { way } = this.#options;
    if (!way) return undefined;
    if (call.timeoutMs === undefined) return await way.pass(signal);
    try {
      return await way.passWithin(limitMs / 2, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#noAnswer(call, error, "");
    }
  }

  #noAnswer(call: SlsCall, error: unknown, requestId: string): SlsError {
    const isRefused = proxyFailureIn(error)?.kind === "refused";
    const failed = new SlsError(
      isRefused ? "proxy_refused" : "network",
      `Cannot ${call.name}: ${this.#describe(error)}${requestId && ` (request id ${requestId})`}`,
      { requestId, cause: error, ...(error instanceof OperatorError && { hint: error.hint }) },
    );
    return this.#sentTo(failed, call);
  }

  #describe(error: unknown): string {
    if (error instanceof OperatorError) return error.message;
    if (!(error instanceof TimedOut)) return describeError(error);
    const { host } = new URL(this.#options.address.origin);
    const proxyName = this.#options.way?.proxyName;
    const through = proxyName === undefined ? "" : ` through ${proxyName}`;
    return `${describeError(error)}: ${host} does not answer${through}`;
  }

  /**
   * Streams the body of a page into `target`.
   * @returns its length.
   * @throws {TimedOut} when it stalls.
   * @throws {BodyTooLarge} when it does not fit.
   */
  async readBody(response: Response, target: Uint8Array): Promise<number> {
    const { clock } = this.#options;
    return await readBodyInto(response.body, target, { clock, timeoutMs: STALL_TIMEOUT_MS });
  }

  /** Returns the 200 answer. Repeats the call at most once for each failure that can be fixed at once. */
  async #sendUntilTaken(
    call: SlsCall,
    signal: AbortSignal,
    answered: () => void,
  ): Promise<Response> {
    const { credentials: provider, fetch } = this.#options;
    let credentials = await provider.current(signal);
    for (const fixed = new Set<string>();;) {
      const { url, init } = this.#signed(call, credentials, signal);
      const response = await fetch(url, init);
      answered();
      this.#serverClock.note(response.headers.get("date"));
      if (response.status === 200) return response;
      const refusal = await this.#refusal(call, response);
      const { kind } = refusal;
      if (fixed.has(kind) || (kind !== "clock_skew" && kind !== "credentials")) throw refusal;
      fixed.add(kind);
      if (kind === "clock_skew") continue; // the refusal has corrected the time
      const newer = await provider.renew(credentials, signal);
      if (!newer) throw refusal;
      credentials = newer;
    }
  }

  /** The arguments of `fetch` for a call, signed for this moment. */
  #signed(
    call: SlsCall,
    credentials: Credentials,
    signal: AbortSignal,
  ): { url: string; init: SlsFetchInit } {
    const { address, signV4Region, userAgent } = this.#options;
    const body = call.json === undefined
      ? undefined
      : new TextEncoder().encode(JSON.stringify(call.json));
    const request: UnsignedRequest = {
      method: call.method,
      path: call.path,
      query: call.query ?? {},
      headers: {
        ...call.headers,
        host: address.host,
        "x-log-apiversion": API_VERSION,
        "x-log-bodyrawsize": String(body?.length ?? 0),
        ...(body && { "content-type": "application/json" }),
      },
      body,
    };
    const nowMs = this.#serverClock.signingTimeMs;
    const headers = signV4Region
      ? signV4(request, credentials, signV4Region, nowMs)
      : signV1(request, credentials, nowMs);
    const query = new URLSearchParams(request.query).toString();
    return {
      url: `${address.origin}${call.path}${query && `?${query}`}`,
      init: {
        method: call.method,
        // Without this header Deno asks for gzip and br, and decodes them.
        headers: { "accept-encoding": "identity", ...headers, "user-agent": userAgent },
        ...(body && { body }),
        redirect: "manual",
        signal,
      },
    };
  }

  async #refusal(call: SlsCall, response: Response): Promise<SlsError> {
    const { address, signV4Region } = this.#options;
    const sent = { host: address.host, signsHost: signV4Region !== undefined };
    const { kind, code, requestId, said, hint } = await readRefusal(response, sent);
    if (kind === "clock_skew") {
      this.#serverClock.correctSigningTime(response.headers.get("date"));
    }
    return new SlsError(
      kind,
      `Cannot ${call.name}: SLS answered ${said}${requestId && ` (request id ${requestId})`}`,
      { status: response.status, code, requestId, ...(hint !== undefined && { hint }) },
    );
  }

  /** Adds where a failed call went; nothing when it was not sent. */
  #sentTo(error: SlsError, { path }: SlsCall): SlsError {
    if (error.kind === "credentials" && error.status === 0) return error;
    const { host } = this.#options.address;
    const dot = host.indexOf(".");
    const project = host.slice(0, dot);
    const logstore = /^\/logstores\/([^/]+)/.exec(path)?.[1];
    error.sentTo = {
      endpoint: host.slice(dot + 1),
      logstore: logstore === undefined ? project : `${project}/${logstore}`,
    };
    return error;
  }
}
