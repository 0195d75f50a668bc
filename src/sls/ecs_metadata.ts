import { readSmallBody } from "../base/bounded_body.ts";
import type { Clock } from "../base/clock.ts";
import { foreignText } from "../base/foreign_text.ts";
import { describeError } from "../base/errors.ts";
import { isVisibleAscii, kindAndLength } from "../base/invalid_value.ts";
import { Secret } from "../base/secret.ts";
import { withTimeout } from "../base/timeout.ts";
import type { Credentials } from "./credentials.ts";
import { parseCredentials } from "./parse_credentials.ts";
import { SlsError } from "./sls_error.ts";

/** For one answer: the service is on the same host. */
const TIMEOUT_MS = 3000;
const ANSWER_MAX_BYTES = 64 * 1024;
/** A session is used for two or three requests. */
const SESSION_SECONDS = 60;
const SESSION_MAX_CHARS = 1024;
/** A role's name: RAM allows letters, digits, `.` and `-`, up to 64. */
const ROLE = /^[\w.@-]{1,128}$/;
const CREDENTIALS_PATH = "/latest/meta-data/ram/security-credentials/";

interface EcsMetadataOptions {
  /** The RAM role; undefined for the one that the instance has. */
  readonly role: string | undefined;
  /** Such as `http://100.100.100.200`, without a trailing slash. */
  readonly url: string;
  readonly clock: Clock;
  /** Must not use a proxy, which could read the instance's credentials. */
  readonly fetch: typeof fetch;
}

/** The credentials of an instance's RAM role, from the metadata service of ECS. */
export class EcsMetadata {
  readonly #options: EcsMetadataOptions;

  constructor(options: EcsMetadataOptions) {
    this.#options = options;
  }

  /**
   * Fetches the credentials: with a session token, which hardened instances require, or without one where the service has
   * none.
   * @throws {SlsError} of kind `credentials`, or the reason of `signal`.
   */
  async credentials(signal: AbortSignal): Promise<Credentials> {
    const session = await this.#openSession(signal);
    const role = this.#options.role ?? await this.#onlyRole(session, signal);
    const path = CREDENTIALS_PATH + encodeURIComponent(role);
    const text = await this.#ask("GET", path, session, signal);
    try {
      return parseCredentials(text);
    } catch (error) {
      throw new SlsError(
        "credentials",
        `Cannot use the credentials of RAM role ${
          foreignText(role)
        } from ${this.#options.url}${path}: ` +
          describeError(error),
        { hint: HINT, cause: error },
      );
    }
  }

  /** Headers with the session token; none where the service has no sessions. */
  async #openSession(signal: AbortSignal): Promise<Record<string, string>> {
    const ttl = { "x-aliyun-ecs-metadata-token-ttl-seconds": String(SESSION_SECONDS) };
    try {
      const token = (await this.#ask("PUT", "/latest/api/token", ttl, signal)).trim();
      if (!isVisibleAscii(token, SESSION_MAX_CHARS)) return {};
      return { "x-aliyun-ecs-metadata-token": new Secret(token).reveal() };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SlsError)) throw error;
      return {}; // an older service; where sessions are required, the next request fails
    }
  }

  async #onlyRole(session: Record<string, string>, signal: AbortSignal): Promise<string> {
    const [role = ""] = (await this.#ask("GET", CREDENTIALS_PATH, session, signal)).trim().split(
      /\s/,
    );
    if (ROLE.test(role)) return role;
    const found = role === ""
      ? "none"
      : `one ${kindAndLength(role)} that is not the name of a role`;
    throw new SlsError(
      "credentials",
      `Cannot find the RAM role of this instance: ${this.#options.url} names ${found}`,
      { hint: HINT },
    );
  }

  async #ask(
    method: "GET" | "PUT",
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<string> {
    const { url, clock, fetch } = this.#options;
    const what = `${method} ${url}${path}`;
    let status: number;
    let body: Uint8Array;
    try {
      [status, body] = await withTimeout(
        { what, timeoutMs: TIMEOUT_MS },
        clock,
        signal,
        async (signal) => {
          const response = await fetch(url + path, { method, headers, redirect: "manual", signal });
          return [response.status, await readSmallBody(response.body, ANSWER_MAX_BYTES)];
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw new SlsError("credentials", `Cannot ${what}: ${describeError(error)}`, {
        hint: HINT,
        cause: error,
      });
    }
    if (status === 200) return new TextDecoder().decode(body);
    throw new SlsError("credentials", `Cannot ${what}: the metadata service answered ${status}`, {
      hint: HINT,
    });
  }
}

const HINT = "Check that this is an ECS instance, that a RAM role is attached to it, and that " +
  "sls.credentials.ecs_ram_role names that role or is auto";
