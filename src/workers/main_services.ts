import type { LocalProxyBreakers } from "../base/proxy_breakers.ts";
import type { PullRates } from "../base/pull_rates.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecToken } from "../hec/hec_token.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { ValueServer, type ValueSource } from "./remote_value.ts";
import type { ValueName } from "./worker_messages.ts";

/** What only the main isolate has, and workers ask it for. */
export interface MainServices {
  readonly deadLetters: DeadLetterPort;
  /** By id of the options of SLS. */
  sls(id: string): { readonly credentials: CredentialsProvider; readonly tls: TlsFiles };
  /** By id of the client. */
  hec(id: string): { readonly token: HecToken; readonly tls: TlsFiles };
  /** Shared with the main isolate's own requests; the pool has its own when left out. */
  readonly proxies?: LocalProxyBreakers | undefined;
  /** Of all sources; without it no source has a rate. */
  readonly rates?: PullRates | undefined;
}

/** What workers may ask for: made when they first do. */
export class ValueServers {
  readonly #services: MainServices;
  readonly #known = new WeakMap<object, ValueServer<unknown>>();

  constructor(services: MainServices) {
    this.#services = services;
  }

  of({ kind, id }: ValueName): ValueServer<unknown> {
    switch (kind) {
      case "credentials": {
        const { credentials } = this.#services.sls(id);
        return this.#serve(credentials, {
          current: (signal) => credentials.current(signal),
          newer: (refused, signal) => credentials.renew(refused, signal),
        });
      }
      case "hec_token": {
        const { token } = this.#services.hec(id);
        return this.#serve(token, {
          current: (signal) => token.current(signal),
          newer: (_, signal) => token.newest(signal),
        });
      }
      case "sls_tls":
        return this.#serveTls(this.#services.sls(id).tls);
      case "hec_tls":
        return this.#serveTls(this.#services.hec(id).tls);
    }
  }

  #serveTls(files: TlsFiles): ValueServer<unknown> {
    const current = (signal: AbortSignal) => files.current(signal);
    return this.#serve(files, { current, newer: (_, signal) => current(signal) });
  }

  /** By the object that has the values: another one with the same id has other values. */
  #serve<T>(owner: object, source: ValueSource<T>): ValueServer<unknown> {
    const known = this.#known.get(owner) ?? new ValueServer(source) as ValueServer<unknown>;
    this.#known.set(owner, known);
    return known;
  }
}
