import { liveSecrets } from "./redactor.ts";

/**
 * A value that is not printed by accident: not by a template, `JSON.stringify` or `console.log`. While it is used, and
 * for a while after, it is also taken out of every text that this isolate prints or writes down: see `Redactor`.
 */
export class Secret {
  readonly #value: string;
  readonly #username: string | undefined;

  /** @param username Who logs in with it: then `username:value` is secret as well, however short each of them is. */
  constructor(value: string, username?: string) {
    this.#value = value;
    this.#username = username;
    this.#keepBack();
  }

  /** The one way to read it. */
  reveal(): string {
    this.#keepBack();
    return this.#value;
  }

  /** Who logs in with it, if it is a password. */
  get username(): string | undefined {
    return this.#username;
  }

  #keepBack(): void {
    liveSecrets.add(this.#value);
    if (this.#username !== undefined) liveSecrets.add(`${this.#username}:${this.#value}`);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
