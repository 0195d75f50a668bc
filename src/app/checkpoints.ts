import type { FileDeps } from "./deps.ts";
import type { CheckpointSource } from "../checkpoint/ports.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { makeSlsCredentials } from "./sls_credentials.ts";
import { makeSlsTlsFiles } from "./make_tls_files.ts";
import { ConsumerGroup } from "../sls/consumer_group.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { Shards } from "../sls/shards.ts";
import { SlsConnections } from "./open_sls.ts";
import { retrySls } from "./sls_retry.ts";

/** An operator waits for the answer: better a failure soon than a success late. */
const TRIES = 4;

/** The checkpoints of some sources; dispose it to close its connections. */
export class Checkpoints implements Disposable {
  readonly sources: readonly CheckpointSource[];
  readonly #connections: SlsConnections;
  readonly #credentials: CredentialsProvider & Disposable;

  /** @throws {OperatorError} when a certificate file cannot be used. */
  constructor(
    config: Config,
    sources: readonly SourceConfig[],
    deps: FileDeps,
    stop: AbortSignal,
  ) {
    this.#credentials = makeSlsCredentials(config.sls.credentials, deps);
    const tls = makeSlsTlsFiles(config.sls, deps);
    this.#connections = new SlsConnections(config.sls, this.#credentials, tls, deps);
    this.sources = sources.map((source) => {
      const { project, logstore, consumer } = source;
      const requester = this.#connections.requesterOf(source);
      const { name } = source;
      return {
        name,
        groupName: consumer.group,
        group: new ConsumerGroup(requester, project, logstore, consumer.group),
        shards: new Shards(requester, project, logstore),
        call: (work) => retrySls(deps, { about: `${name}: ask SLS`, tries: TRIES }, stop, work),
      };
    });
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
    this.#credentials[Symbol.dispose]();
  }
}
