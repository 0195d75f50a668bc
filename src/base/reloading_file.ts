import type { Clock } from "./clock.ts";
import { describeError } from "./errors.ts";
import type { Telemetry } from "./telemetry.ts";

/**
 * A file is looked at again when it is asked for and this has passed. The content is compared, not the
 * time of its change: what replaces a file (a rename, a symbolic link that is swapped, a write in place)
 * leaves that differently.
 */
const RECHECK_MS = 2000;

export interface ReloadingFileOptions<T> {
  /** Names the value in reports, such as `hec.token`. */
  readonly about: string;
  /** What to do when it cannot be used, while the value read before still can. */
  readonly hint: string;
  /** Reads the text. @throws an error whose message says what was attempted and found. */
  readonly read: () => string;
  /** Makes the value of the text. @throws as `read`; never with the text itself. */
  readonly parse: (text: string) => T;
  /** What was read before. */
  readonly initial?: { readonly text: string; readonly value: T };
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A value out of files that others replace at any time. A text that cannot be used changes nothing. */
export class ReloadingFile<T> {
  readonly #options: ReloadingFileOptions<T>;
  #known: { readonly text: string; readonly value: T } | undefined;
  #failure: unknown;
  #readAtMs = -Infinity;

  constructor(options: ReloadingFileOptions<T>) {
    this.#options = options;
    this.#known = options.initial;
  }

  /** Why the files cannot be used now, in words; undefined when they can. */
  get failure(): string | undefined {
    return this.#failure === undefined ? undefined : describeError(this.#failure);
  }

  /**
   * The value as it stood at most two seconds ago; the same object as long as the text is the same.
   * @throws what `read` or `parse` threw when there has never been a value.
   */
  current(): T {
    if (this.#options.clock.monotonicMs() - this.#readAtMs >= RECHECK_MS) this.#read();
    return this.#value();
  }

  /** As `current`, as it stands now. */
  reread(): T {
    this.#read();
    return this.#value();
  }

  #value(): T {
    if (!this.#known) throw this.#failure;
    return this.#known.value;
  }

  #read(): void {
    const { about, hint, read, parse, clock, telemetry } = this.#options;
    this.#readAtMs = clock.monotonicMs();
    const failed = this.#failure !== undefined;
    try {
      const text = read();
      if (text !== this.#known?.text) {
        const value = parse(text);
        if (this.#known) telemetry({ type: "renewed", about });
        this.#known = { text, value };
      }
      this.#failure = undefined;
      if (failed) telemetry({ type: "recovered", about });
    } catch (error) {
      this.#failure = error;
      if (!this.#known) return; // thrown, and told by whoever needs the value
      const message = describeError(error);
      telemetry({ type: "trouble", about, message, hint, retryInMs: RECHECK_MS });
    }
  }
}
