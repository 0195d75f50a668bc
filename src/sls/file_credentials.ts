import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { ReloadingFile } from "../base/reloading_file.ts";
import type { Credentials, CredentialsProvider } from "./credentials.ts";
import { SlsError } from "./sls_error.ts";

/**
 * Credentials from files that another program updates, such as a Vault agent, Kubernetes or systemd. While the files are
 * unusable, the last credentials are used until they expire.
 */
export class FileCredentials implements CredentialsProvider {
  readonly #file: ReloadingFile<Credentials>;
  readonly #clock: Clock;

  constructor(file: ReloadingFile<Credentials>, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  // deno-lint-ignore require-await -- failures must be rejections
  async current(): Promise<Credentials> {
    let credentials: Credentials;
    try {
      credentials = this.#file.current();
    } catch (error) {
      throw unusable(describeError(error), error);
    }
    const { failure } = this.#file;
    // Whether credentials in a readable file have expired is for the server to say: this host's clock may be wrong.
    if (failure === undefined || !hasExpired(credentials, this.#clock)) return credentials;
    throw unusable(`${failure}; and the credentials read before have expired`);
  }

  renew(refused: Credentials): Promise<Credentials | undefined> {
    const newest = this.#file.reread();
    return Promise.resolve(newest === refused ? undefined : newest);
  }
}

/** Whether temporary credentials have expired, by this host's clock. */
export function hasExpired({ expiresAtMs = Infinity }: Credentials, clock: Clock): boolean {
  return clock.nowMs() >= expiresAtMs;
}

function unusable(message: string, cause?: unknown): SlsError {
  return new SlsError("credentials", message, {
    hint:
      "Write the credentials as a whole (to a temporary file, then rename). The file is read again every 2 s",
    cause,
  });
}
