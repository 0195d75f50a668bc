import type { FileDeps } from "./deps.ts";
import type { CheckpointSource } from "../checkpoint/ports.ts";
import type { SourceConfig } from "../config/config.ts";
import { openSls, OPERATOR_TRIES, retrySls, type Sls } from "./open_sls.ts";

/** The checkpoints of some sources. Dispose it to close its connections. */
export class Checkpoints implements Disposable {
  readonly sources: readonly CheckpointSource[];
  readonly #sls: Sls;

  /**
   * @throws {OperatorError} when a certificate file cannot be used.
   */
  constructor(
    sources: readonly SourceConfig[],
    deps: FileDeps,
    stop: AbortSignal,
  ) {
    this.#sls = openSls(deps);
    this.sources = sources.map((source) => {
      const { name, consumer } = source;
      const { group, shards } = this.#sls.of(source);
      return {
        name,
        groupName: consumer.group,
        group,
        shards,
        call: (work) =>
          retrySls(deps, { about: `${name}: ask SLS`, tries: OPERATOR_TRIES }, stop, work),
      };
    });
  }

  [Symbol.dispose](): void {
    this.#sls[Symbol.dispose]();
  }
}
