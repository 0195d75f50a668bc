import { abortable } from "../base/on_abort.ts";
import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, hintOf } from "../base/errors.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";
import { hasExpired } from "./file_credentials.ts";

/** The vendor's own clients fetch anew 3 minutes before the end, less up to 10 s of chance. */
const AHEAD_MS = 180_000;
const JITTER_MS = 10_000;
/** For credentials that do not say when they end. */
const UNDATED_MS = 600_000;
/** A role's credentials last some hours; an end that is said to be later is not waited for. */
const LONGEST_MS = 86_400_000;
/**
 * The service is asked again no sooner: it may not have newer ones yet, and a refusal by SLS may have
 * another cause than the credentials.
 */
const PAUSE_MS = 5000;
const RETRY = { baseMs: 1000, capMs: 30_000 };

export interface EcsRamRoleOptions {
  /** Fetches credentials. @throws {SlsError}, or the reason of the signal. */
  readonly fetchCredentials: (signal: AbortSignal) => Promise<Credentials>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/**
 * The changing credentials of an ECS instance's RAM role. They are fetched when first needed, then ahead of
 * their end while requests go on with the old ones.
 */
export class EcsRamRole implements CredentialsProvider, Disposable {
  readonly #options: EcsRamRoleOptions;
  readonly #stop = new AbortController();
  #credentials: Credentials | undefined;
  /** Wall time. */
  #dueMs = -Infinity;
  /** Monotonic. */
  #notBeforeMs = -Infinity;
  #refusedNotBeforeMs = -Infinity;
  #fetching: Promise<void> | undefined;
  #failures = 0;
  #failure: unknown;

  constructor(options: EcsRamRoleOptions) {
    this.#options = options;
  }

  async current(signal: AbortSignal): Promise<Credentials> {
    const { clock } = this.#options;
    if (clock.nowMs() >= this.#dueMs && clock.monotonicMs() >= this.#notBeforeMs) this.#fetch();
    const isUsable = () => this.#credentials && !hasExpired(this.#credentials, clock);
    if (!isUsable() && this.#fetching) await abortable(this.#fetching, signal);
    // Fresh ones that seem to have expired are used: then it is this host's clock that is wrong.
    if (this.#credentials && (isUsable() || this.#failure === undefined)) return this.#credentials;
    throw this.#failure;
  }

  async renew(refused: Credentials, signal: AbortSignal): Promise<Credentials | undefined> {
    const { clock } = this.#options;
    if (this.#credentials === refused) {
      if (!this.#fetching && clock.monotonicMs() < this.#refusedNotBeforeMs) return undefined;
      await abortable(this.#fetch(), signal);
    }
    if (this.#credentials !== refused) return this.#credentials;
    this.#refusedNotBeforeMs = clock.monotonicMs() + PAUSE_MS;
    return undefined;
  }

  /** Ends a fetch that is under way. */
  [Symbol.dispose](): void {
    this.#stop.abort(new DOMException("The credentials are needed no more", "AbortError"));
  }

  /** One fetch at a time, for all who wait for it. Never fails: `#failure` tells. */
  #fetch(): Promise<void> {
    return this.#fetching ??= this.#fetchOnce().finally(() => this.#fetching = undefined);
  }

  async #fetchOnce(): Promise<void> {
    const { fetchCredentials, clock, random, telemetry } = this.#options;
    try {
      this.#keep(await fetchCredentials(this.#stop.signal));
      this.#notBeforeMs = clock.monotonicMs() + PAUSE_MS;
      if (this.#failures > 0) telemetry({ type: "recovered", about: ABOUT });
      this.#failures = 0;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      if (this.#stop.signal.aborted) return;
      const retryInMs = backoffMs(RETRY, ++this.#failures, random, RETRY.baseMs);
      this.#notBeforeMs = clock.monotonicMs() + retryInMs;
      const message = describeError(error);
      telemetry({ type: "trouble", about: ABOUT, message, hint: hintOf(error, ""), retryInMs });
    }
  }

  #keep(fetched: Credentials): void {
    const { clock, random, telemetry } = this.#options;
    const undatedMs = clock.nowMs() + UNDATED_MS + AHEAD_MS;
    const endMs = Math.min(fetched.expiresAtMs ?? undatedMs, clock.nowMs() + LONGEST_MS);
    this.#dueMs = endMs - AHEAD_MS - random() * JITTER_MS;
    if (this.#credentials && isSame(this.#credentials, fetched)) return;
    if (this.#credentials) telemetry({ type: "renewed", about: ABOUT });
    this.#credentials = fetched;
  }
}

const ABOUT = "sls.credentials.ecs_ram_role";

function isSame(one: Credentials, other: Credentials): boolean {
  return one.accessKeyId === other.accessKeyId && one.expiresAtMs === other.expiresAtMs &&
    one.accessKeySecret.reveal() === other.accessKeySecret.reveal() &&
    one.securityToken?.reveal() === other.securityToken?.reveal();
}
