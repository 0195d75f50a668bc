import type { Clock } from "./clock.ts";
import type { Env } from "./env.ts";
import { describeError } from "./errors.ts";
import { Incident } from "./incident.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * A file is read again when its value is asked for and this time has passed. Contents are compared, not times of change:
 * a rename, a swapped symbolic link and a write in place set those differently.
 */
const RECHECK_MS = 2000;

interface ReloadingFileOptions<T> {
  /** Names the value in reports, such as `hec.token`. */
  readonly about: string;
  /** What to do when the file cannot be used and the value read before still can. */
  readonly hint: string;
  /**
   * Reads the text.
   * @throws an error whose message says what was attempted and found.
   */
  readonly read: () => string;
  /**
   * Makes the value of the text.
   * @throws as `read`; the message never contains the text.
   */
  readonly parse: (text: string) => T;
  /** What was read at the start, where it was. */
  readonly initial?: { readonly text: string; readonly value: T };
}

/** A value from a file that others may replace at any time. While the new text is unusable, the old value stays. */
export class ReloadingFile<T> {
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #options: ReloadingFileOptions<T>;
  readonly #incident: Incident;
  #known: { readonly text: string; readonly value: T } | undefined;
  #failure: unknown;
  #readAtMs = -Infinity;

  constructor(
    { clock, telemetry }: Pick<Env, "clock" | "telemetry">,
    options: ReloadingFileOptions<T>,
  ) {
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#options = options;
    this.#incident = new Incident({ telemetry }, options.about);
    this.#known = options.initial;
  }

  /** Why the file cannot be used now, in words; undefined when it can. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : describeError(this.#failure);
  }

  /**
   * The value as of at most two seconds ago; the same object as long as the text is the same.
   * @throws what `read` or `parse` threw, when there has never been a value.
   */
  current(): T {
    if (this.#clock.monotonicMs() - this.#readAtMs >= RECHECK_MS) this.#read();
    return this.#value();
  }

  /**
   * Reads the file now and returns its value.
   * @throws as `current`.
   */
  reread(): T {
    this.#read();
    return this.#value();
  }

  #value(): T {
    if (!this.#known) throw this.#failure;
    return this.#known.value;
  }

  #read(): void {
    const { about, hint, read, parse } = this.#options;
    this.#readAtMs = this.#clock.monotonicMs();
    try {
      const text = read();
      if (text !== this.#known?.text) {
        const value = parse(text);
        if (this.#known) this.#telemetry({ type: "renewed", about });
        this.#known = { text, value };
      }
      this.#failure = undefined;
      this.#incident.recovered();
    } catch (error) {
      this.#failure = error;
      // Without a value the error is thrown, and reported where the value is needed.
      if (!this.#known) return;
      this.#incident.failed(error, { hint, retryInMs: RECHECK_MS, instead: { hint } });
    }
  }
}
