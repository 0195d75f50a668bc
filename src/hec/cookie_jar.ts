import type { TelemetryEvent } from "../base/telemetry.ts";

/**
 * They are sent with every request. A load balancer sets one or two short ones: these limits are far higher, and far below
 * the size that a request's head may have.
 */
const MAX_COOKIES = 20;
const MAX_CHARS = 8192;
const MAX_COOKIE_CHARS = 4096;
/** RFC 6265: a token. */
const NAME = /^[!#$%&'*+.^`|~\w-]+$/;
/** More than RFC 6265 allows, like browsers: any character of a header that does not end the value. */
const VALUE = /^[\x20-\x3a\x3c-\x7e]*$/;

/** The cookies of one channel, by name. Malformed cookies and those beyond the limits are left out. */
export class CookieJar {
  readonly #values = new Map<string, string>();
  #chars = 0;
  #leftOut = 0;

  /** Number of cookies that were left out so far. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** The `Cookie` header, or undefined. */
  get header(): string | undefined {
    if (this.#values.size === 0) return undefined;
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * Keeps the cookie of one `Set-Cookie` header.
   * @param mayChange Whether a cookie of that name may be added or changed.
   * @returns its name and whether its value has changed; undefined when it is malformed or left out.
   */
  keep(
    setCookie: string,
    mayChange: (name: string) => boolean = () => true,
  ): { readonly name: string; readonly changed: boolean } | undefined {
    const end = setCookie.indexOf(";");
    const pair = end < 0 ? setCookie : setCookie.slice(0, end);
    const at = pair.indexOf("=");
    if (at <= 0) return undefined;
    const name = pair.slice(0, at).trim();
    const value = pair.slice(at + 1).trim();
    const before = this.#values.get(name);
    if (before === value || !mayChange(name)) return { name, changed: false };
    const chars = this.#chars - lengthOf(name, before) + lengthOf(name, value);
    const isNew = before === undefined;
    if (
      pair.length > MAX_COOKIE_CHARS || chars > MAX_CHARS || !NAME.test(name) ||
      !VALUE.test(value) ||
      isNew && this.#values.size >= MAX_COOKIES
    ) {
      this.#leftOut++;
      return undefined;
    }
    this.#values.set(name, value);
    this.#chars = chars;
    return { name, changed: true };
  }
}

function lengthOf(name: string, value: string | undefined): number {
  return value === undefined ? 0 : name.length + value.length + "=; ".length;
}

/** Reports cookies that are not sent back. */
export function cookieTrouble(endpoint: string, leftOut: number): TelemetryEvent {
  return {
    type: "trouble",
    about: `${endpoint}: cookies`,
    message:
      `${endpoint} sets ${leftOut} cookies that are not sent back: they are too many, too long, or have ` +
      "characters that no cookie may have",
    hint:
      "Check the load balancer. With several indexers behind it, acknowledgements need its cookie",
    retryInMs: 0,
    repeatAfterMs: 3_600_000,
  };
}
