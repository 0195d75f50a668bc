import type { Clock } from "../base/clock.ts";
import { deserialize } from "./serialize.ts";
import type { Credentials, CredentialsProvider } from "../sls/credentials.ts";
import { SlsError } from "../sls/sls_error.ts";
import { CallFailed, type CallsToMain } from "./calls_to_main.ts";

/** How long credentials are used before the main isolate is asked again; a refusal asks at once. */
const ASK_AGAIN_AFTER_MS = 1000;

/** Credentials on the way to a worker. The id says whether they are those that it has. */
export interface PostedCredentials {
  readonly id: number;
  /** As `serialize` makes them. */
  readonly credentials: unknown;
}

/** The credentials as a worker sees them: they live in the main isolate, which renews them. */
export class CredentialsInMain implements CredentialsProvider {
  readonly #calls: CallsToMain;
  readonly #clock: Clock;
  #known: { readonly id: number; readonly credentials: Credentials } | undefined;
  #askedMs = -Infinity;

  constructor(calls: CallsToMain, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  async current(signal: AbortSignal): Promise<Credentials> {
    const fresh = this.#clock.monotonicMs() - this.#askedMs < ASK_AGAIN_AFTER_MS;
    if (this.#known && fresh) return this.#known.credentials;
    return (await this.#ask(undefined, signal))!;
  }

  async renew(refused: Credentials, signal: AbortSignal): Promise<Credentials | undefined> {
    // Another request may have renewed them meanwhile.
    if (this.#known && this.#known.credentials !== refused) return this.#known.credentials;
    return await this.#ask(this.#known?.id, signal);
  }

  async #ask(refused: number | undefined, signal: AbortSignal): Promise<Credentials | undefined> {
    try {
      const answer = await this.#calls.call({ kind: "credentials", refused }, signal);
      const posted = answer as PostedCredentials | undefined;
      if (!posted) return undefined;
      this.#askedMs = this.#clock.monotonicMs();
      if (posted.id !== this.#known?.id) {
        const credentials = deserialize(posted.credentials) as Credentials;
        this.#known = { id: posted.id, credentials };
      }
      return this.#known.credentials;
    } catch (error) {
      if (!(error instanceof CallFailed) || error.kind !== "credentials") throw error;
      throw new SlsError("credentials", error.message, { hint: error.hint });
    }
  }
}
