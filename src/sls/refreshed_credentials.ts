import { Backoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { Incident } from "../base/incident.ts";
import { abortable } from "../base/on_abort.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";
import { hasExpired } from "./file_credentials.ts";

/** The vendor's own clients fetch new credentials 3 minutes before the old ones expire, minus up to 10 s of jitter. */
const AHEAD_MS = 180_000;
const JITTER_MS = 10_000;
/** Lifetime of credentials without an expiry. */
const UNDATED_MS = 600_000;
/** Longest lifetime that is believed: a role's credentials last some hours, at most 12. */
const MAX_LIFETIME_MS = 86_400_000;
/**
 * Shortest time between two fetches: the service may not have newer credentials yet, and SLS may refuse a request for
 * another reason.
 */
const PAUSE_MS = 5000;
const RETRY = { baseMs: 1000, capMs: 30_000 };

/**
 * Fetches credentials.
 * @throws {SlsError}, or the reason of the signal.
 */
type FetchCredentials = (signal: AbortSignal) => Promise<Credentials>;

/** What credentials are fetched, and how often. */
interface RefreshedCredentialsOptions {
  /** Names them in reports: the option that asks for them. */
  readonly about: string;
  readonly fetchCredentials: FetchCredentials;
  /**
   * Shortest time between two fetches after refusals, in milliseconds, where every fetch gives other credentials: SLS may
   * refuse a request for another reason than its credentials. Default 0.
   */
  readonly pauseAfterRenewalMs?: number;
}

/**
 * Temporary credentials of a RAM role. They are fetched when first needed, and again before they expire; requests use the
 * old ones meanwhile.
 */
export class RefreshedCredentials implements CredentialsProvider, Disposable {
  readonly #env: Env;
  readonly #options: RefreshedCredentialsOptions;
  readonly #stop = new AbortController();
  readonly #backoff: Backoff;
  readonly #incident: Incident;
  #credentials: Credentials | undefined;
  /** Wall time. */
  #dueMs = -Infinity;
  /** Monotonic. */
  #notBeforeMs = -Infinity;
  #refusedNotBeforeMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #failure: unknown;

  constructor(env: Env, options: RefreshedCredentialsOptions) {
    this.#env = env;
    this.#options = options;
    this.#backoff = new Backoff(RETRY, env);
    this.#incident = new Incident(env, options.about);
  }

  async current(signal: AbortSignal): Promise<Credentials> {
    const { clock } = this.#env;
    if (clock.nowMs() >= this.#dueMs && clock.monotonicMs() >= this.#notBeforeMs) {
      void this.#fetch(); // never rejects
    }
    const isUsable = () => this.#credentials && !hasExpired(this.#credentials, clock);
    if (!isUsable() && this.#fetching) await abortable(this.#fetching, signal);
    // Fresh credentials that seem to have expired are used: this host's clock is wrong then.
    if (this.#credentials && (isUsable() || this.#failure === undefined)) return this.#credentials;
    throw this.#failure;
  }

  async renew(refused: Credentials, signal: AbortSignal): Promise<Credentials | undefined> {
    const { clock } = this.#env;
    if (this.#credentials === refused) {
      if (!this.#fetching && clock.monotonicMs() < this.#refusedNotBeforeMs) return undefined;
      const { pauseAfterRenewalMs = 0 } = this.#options;
      this.#refusedNotBeforeMs = clock.monotonicMs() + pauseAfterRenewalMs;
      await abortable(this.#fetch(), signal);
    }
    if (this.#credentials !== refused) return this.#credentials;
    this.#refusedNotBeforeMs = clock.monotonicMs() + PAUSE_MS;
    return undefined;
  }

  /** Ends a fetch that is under way. */
  [Symbol.dispose](): void {
    this.#stop.abort(new DOMException("The credentials are no longer needed", "AbortError"));
  }

  /** Makes one fetch at a time, shared by all callers. Never rejects: the error is in `#failure`. */
  #fetch(): Promise<void> {
    return this.#fetching ??= this.#fetchOnce().finally(() => this.#fetching = undefined);
  }

  async #fetchOnce(): Promise<void> {
    const { clock } = this.#env;
    try {
      this.#keep(await this.#options.fetchCredentials(this.#stop.signal));
      this.#notBeforeMs = clock.monotonicMs() + PAUSE_MS;
      this.#backoff.succeeded();
      this.#incident.recovered();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      if (this.#stop.signal.aborted) return;
      const retryInMs = this.#backoff.failed(RETRY.baseMs);
      this.#notBeforeMs = this.#backoff.nextTryMs;
      this.#incident.failed(error, { hint: "", retryInMs });
    }
  }

  #keep(fetched: Credentials): void {
    const { clock, random, telemetry } = this.#env;
    const undatedMs = clock.nowMs() + UNDATED_MS + AHEAD_MS;
    const endMs = Math.min(fetched.expiresAtMs ?? undatedMs, clock.nowMs() + MAX_LIFETIME_MS);
    this.#dueMs = endMs - AHEAD_MS - random() * JITTER_MS;
    if (this.#credentials && isSame(this.#credentials, fetched)) return;
    if (this.#credentials) telemetry({ type: "renewed", about: this.#options.about });
    this.#credentials = fetched;
  }
}

function isSame(one: Credentials, other: Credentials): boolean {
  return one.accessKeyId === other.accessKeyId && one.expiresAtMs === other.expiresAtMs &&
    one.accessKeySecret.reveal() === other.accessKeySecret.reveal() &&
    one.securityToken?.reveal() === other.securityToken?.reveal();
}
