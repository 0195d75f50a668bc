import type { Clock } from "../base/clock.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import type { CallsToMain } from "./calls_to_main.ts";
import type { Leg } from "./worker_messages.ts";

/** How long texts are used before the main isolate is asked again. */
const ASK_AGAIN_AFTER_MS = 1000;

/** Certificates and keys on the way to a worker. The id says whether they are those that it has. */
export interface PostedTls {
  readonly id: number;
  /** Left out when the worker has them. */
  readonly texts?: TlsTexts;
}

/** The certificates and keys of a leg as a worker sees them: the main isolate reads the files. */
export class TlsInMain implements TlsFiles {
  readonly #leg: Leg;
  readonly #calls: CallsToMain;
  readonly #clock: Clock;
  #known: { readonly id: number; readonly texts: TlsTexts } | undefined;
  #askedMs = -Infinity;

  constructor(leg: Leg, calls: CallsToMain, clock: Clock) {
    this.#leg = leg;
    this.#calls = calls;
    this.#clock = clock;
  }

  async current(signal: AbortSignal): Promise<TlsTexts> {
    const fresh = this.#clock.monotonicMs() - this.#askedMs < ASK_AGAIN_AFTER_MS;
    if (this.#known && fresh) return this.#known.texts;
    const request = { kind: "tls_files", leg: this.#leg, known: this.#known?.id } as const;
    const { id, texts } = await this.#calls.call(request, signal) as PostedTls;
    this.#askedMs = this.#clock.monotonicMs();
    // Another request may have been told the same meanwhile: its object stays.
    if (texts && id !== this.#known?.id) this.#known = { id, texts };
    if (!this.#known) throw new TypeError("The main isolate answered without certificates");
    return this.#known.texts;
  }
}
