import type { Clock } from "../base/clock.ts";
import { deserialize } from "./serialize.ts";
import { Secret } from "../base/secret.ts";
import type { HecToken } from "../hec/hec_token.ts";
import type { CallsToMain } from "./calls_to_main.ts";

/** How long the token is used before the main isolate is asked again; a refusal asks at once. */
const ASK_AGAIN_AFTER_MS = 1000;

/** The HEC token as a worker sees it: the main isolate reads its file. */
export class TokenInMain implements HecToken {
  readonly #calls: CallsToMain;
  readonly #clock: Clock;
  #known: Secret | undefined;
  #askedMs = -Infinity;

  constructor(calls: CallsToMain, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  async current(signal: AbortSignal): Promise<Secret> {
    const fresh = this.#clock.monotonicMs() - this.#askedMs < ASK_AGAIN_AFTER_MS;
    return this.#known && fresh ? this.#known : await this.#ask(false, signal);
  }

  async newest(signal: AbortSignal): Promise<Secret> {
    return await this.#ask(true, signal);
  }

  async #ask(refused: boolean, signal: AbortSignal): Promise<Secret> {
    const token = deserialize(await this.#calls.call({ kind: "hec_token", refused }, signal));
    if (!(token instanceof Secret)) {
      throw new TypeError("The main isolate answered without a token");
    }
    this.#askedMs = this.#clock.monotonicMs();
    // The same object as long as it is the same token.
    return this.#known?.reveal() === token.reveal() ? this.#known : this.#known = token;
  }
}
