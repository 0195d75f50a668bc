import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import type { HecToken } from "../hec/hec_token.ts";
import type { Credentials, CredentialsProvider } from "../sls/credentials.ts";
import { SlsError } from "../sls/sls_error.ts";
import { CallFailed, type MainRpcClient } from "./main_rpc.ts";
import { deserialize, serialize } from "./serialize.ts";
import type { ValueName } from "./worker_messages.ts";

/** How long a worker uses a value before it asks the main isolate again; a refusal makes it ask at once. */
const ASK_AGAIN_AFTER_MS = 1000;
/** For how many changes of a value a worker may still refer to an older one. */
const REMEMBERED = 8;

/** A value on its way to a worker. */
export interface PostedValue {
  readonly id: number;
  /** As `serialize` makes it; left out when the worker has it already. */
  readonly value?: unknown;
}

/** Where the main isolate gets a value from. */
export interface ValueSource<T> {
  /** Returns the same object as long as the value does not change. */
  current(signal: AbortSignal): Promise<T>;
  /**
   * Looks for a newer value after a server has refused one.
   * @returns undefined when there is none.
   */
  newer(refused: T, signal: AbortSignal): Promise<T | undefined>;
}

/** Sends a value of the main isolate to workers: objects cannot be shared, so each one is known by an id. */
export class ValueServer<T> {
  readonly #source: ValueSource<T>;
  /** The newest last. */
  #known: { readonly id: number; readonly value: T }[] = [];
  #nextId = 1;

  constructor(source: ValueSource<T>) {
    this.#source = source;
  }

  /**
   * @param known Id of the value that the worker has; undefined when it has none.
   * @param refused Whether a server has refused that one.
   * @returns the id of `known`, without a value, when there is no other.
   * @throws what the source throws.
   */
  async answer(
    known: number | undefined,
    refused: boolean,
    signal: AbortSignal,
  ): Promise<PostedValue> {
    const entry = this.#known.find(({ id }) => id === known);
    const value = refused && entry
      ? await this.#source.newer(entry.value, signal) ?? entry.value
      : await this.#source.current(signal);
    const id = this.#idOf(value);
    return id === known ? { id } : { id, value: serialize(value) };
  }

  #idOf(value: T): number {
    const entry = this.#known.find((entry) => entry.value === value);
    if (entry) return entry.id;
    const id = this.#nextId++;
    this.#known = [...this.#known, { id, value }].slice(-REMEMBERED);
    return id;
  }
}

/** A value of the main isolate as a worker sees it. */
export class RemoteValue<T> {
  readonly #name: ValueName;
  readonly #main: MainRpcClient;
  readonly #clock: Clock;
  #known: { readonly id: number; readonly value: T } | undefined;
  #askedMs = -Infinity;

  constructor(name: ValueName, main: MainRpcClient, clock: Clock) {
    this.#name = name;
    this.#main = main;
    this.#clock = clock;
  }

  /**
   * @returns the same object as long as the value does not change.
   * @throws {CallFailed} when the main isolate has none, or the reason of `signal`.
   */
  async current(signal: AbortSignal): Promise<T> {
    const isFresh = this.#clock.monotonicMs() - this.#askedMs < ASK_AGAIN_AFTER_MS;
    return this.#known && isFresh ? this.#known.value : await this.#ask(false, signal);
  }

  /**
   * Looks for a newer value at once, after a server has refused one.
   * @param refused The refused value; without it, the newest that this worker has.
   * @returns the refused value itself when there is no newer one.
   * @throws as `current`.
   */
  async newest(signal: AbortSignal, refused?: T): Promise<T> {
    // Another request may have fetched it in the meantime.
    if (refused !== undefined && this.#known && this.#known.value !== refused) {
      return this.#known.value;
    }
    return await this.#ask(true, signal);
  }

  async #ask(refused: boolean, signal: AbortSignal): Promise<T> {
    const request = { kind: "value", name: this.#name, known: this.#known?.id, refused } as const;
    const posted = await this.#main.call(request, signal) as PostedValue;
    this.#askedMs = this.#clock.monotonicMs();
    // Another request may have received the same in the meantime: its object stays.
    if ("value" in posted && posted.id !== this.#known?.id) {
      this.#known = { id: posted.id, value: deserialize(posted.value) as T };
    }
    if (!this.#known) throw new TypeError(`The main isolate answered without ${this.#name.kind}`);
    return this.#known.value;
  }
}

/**
 * The credentials as a worker sees them: the main isolate renews them.
 * @param id Of the options of SLS that they are part of.
 */
export function remoteCredentials(
  id: string,
  main: MainRpcClient,
  clock: Clock,
): CredentialsProvider {
  const credentials = new RemoteValue<Credentials>({ kind: "credentials", id }, main, clock);
  return {
    current: (signal) => asSlsError(credentials.current(signal)),
    renew: async (refused, signal) => {
      const newest = await asSlsError(credentials.newest(signal, refused));
      return newest === refused ? undefined : newest;
    },
  };
}

/**
 * The HEC token as a worker sees it: the main isolate reads its file.
 * @param id Of its client.
 */
export function remoteToken(id: string, main: MainRpcClient, clock: Clock): HecToken {
  const token = new RemoteValue<Secret>({ kind: "hec_token", id }, main, clock);
  return {
    current: (signal) => token.current(signal),
    newest: (signal) => token.newest(signal),
  };
}

/** The certificates and keys of one connection as a worker sees them: the main isolate reads the files. */
export function remoteTlsFiles(
  name: ValueName & { readonly kind: "sls_tls" | "hec_tls" },
  main: MainRpcClient,
  clock: Clock,
): TlsFiles {
  const texts = new RemoteValue<TlsTexts>(name, main, clock);
  return { current: (signal) => texts.current(signal) };
}

/** Gives an error of the credentials the type that it had in the main isolate. */
async function asSlsError<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof CallFailed) || error.kind !== "credentials") throw error;
    throw new SlsError("credentials", error.message, { hint: error.hint });
  }
}
