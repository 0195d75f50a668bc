import { serialize } from "./serialize.ts";
import type { Credentials, CredentialsProvider } from "../sls/credentials.ts";
import type { PostedCredentials } from "./credentials_in_main.ts";

/** How many changes of credentials back a worker may name the ones that were refused. */
const REMEMBERED = 8;

/** The main isolate's credentials, as workers ask for them: by numbers, as objects do not cross. */
export class CredentialsForWorkers {
  readonly #provider: CredentialsProvider;
  /** The newest last. */
  #known: { readonly id: number; readonly credentials: Credentials }[] = [];
  #next = 0;

  constructor(provider: CredentialsProvider) {
    this.#provider = provider;
  }

  /**
   * @param refused Those that the server refused: newer ones are wanted.
   * @returns undefined when there are no newer ones.
   * @throws what the provider throws.
   */
  async answer(
    refused: number | undefined,
    signal: AbortSignal,
  ): Promise<PostedCredentials | undefined> {
    const known = this.#known.find(({ id }) => id === refused);
    const credentials = known
      ? await this.#provider.renew(known.credentials, signal)
      : await this.#provider.current(signal);
    return credentials && { id: this.#idOf(credentials), credentials: serialize(credentials) };
  }

  #idOf(credentials: Credentials): number {
    const known = this.#known.find((entry) => entry.credentials === credentials);
    if (known) return known.id;
    const id = this.#next++;
    this.#known = [...this.#known, { id, credentials }].slice(-REMEMBERED);
    return id;
  }
}
