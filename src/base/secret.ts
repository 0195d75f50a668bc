import { liveSecrets } from "./redactor.ts";

/**
 * A value that is not printed by accident: not by a template, `JSON.stringify` or `console.log`. While it is in use, and
 * for some time after, it is also removed from every text that this isolate prints or writes: see `Redactor`.
 */
export class Secret {
  readonly #value: string;
  readonly #username: string | undefined;

  /**
   * Keeps a value secret.
   * @param username Of a password: `username:value` is secret too then, however short each of them is.
   */
  constructor(value: string, username?: string) {
    this.#value = value;
    this.#username = username;
    this.#keepBack();
  }

  /** The value. There is no other way to read it. */
  reveal(): string {
    this.#keepBack();
    return this.#value;
  }

  /** The user whose password it is; undefined for other secrets. */
  get username(): string | undefined {
    return this.#username;
  }

  #keepBack(): void {
    liveSecrets.add(this.#value);
    if (this.#username !== undefined) liveSecrets.add(`${this.#username}:${this.#value}`);
  }

  /** What is printed in its place. */
  toString(): string {
    return "[secret]";
  }

  /** As `toString`. */
  toJSON(): string {
    return "[secret]";
  }

  /** As `toString`, for Deno's `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }

  /** As `toString`, for `node:util`. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
