import { describeError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { DataPlane, ShardListener } from "../consumer/ports.ts";
import type { MainRpcClient } from "./main_rpc.ts";
import type { RemoteProxies } from "./remote_proxies.ts";
import type { RemoteRates } from "./remote_rates.ts";
import { deserialize } from "./serialize.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** The sources of one worker. */
interface HostedSources {
  /**
   * Makes the data plane of a source.
   * @param setup As given to `WorkerPool.addSource`.
   */
  add(source: string, setup: unknown): DataPlane;
  remove(source: string): void;
  /** Another worker holds a source, or does not hold it any more. */
  hold(source: string, held: boolean): void;
}

interface WorkerHostOptions {
  readonly post: (message: FromWorker) => void;
  readonly sources: HostedSources;
  readonly proxies: RemoteProxies;
  readonly rates: RemoteRates;
  readonly main: MainRpcClient;
}

/** Ends one run. */
interface Run {
  readonly revoked: AbortController;
  readonly lost: AbortController;
}

/** The worker's side of the data plane: does what the main isolate's messages ask for, and reports how that went. */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #planes = new Map<string, DataPlane>();
  readonly #runs = new Map<number, Run>();
  readonly #tasks = new TaskGroup();

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  handle(message: Exclude<ToWorker, { type: "setup" }>): void {
    const { post, sources, proxies, rates, main } = this.#options;
    switch (message.type) {
      case "add_source":
        this.#planes.set(message.source, sources.add(message.source, deserialize(message.setup)));
        break;
      case "remove_source":
        this.#planes.delete(message.source);
        sources.remove(message.source);
        break;
      case "start": {
        const { run, source, shard, cursor, endCursor } = message;
        this.#begin(run, async ({ revoked, lost }) => {
          const job = { shard, cursor, endCursor, revoked: revoked.signal, lost: lost.signal };
          const end = await this.#planeOf(source).run(job, listenerOf(run, post));
          post({ type: "ended", run, end });
        });
        break;
      }
      case "notify": {
        const { run, source, event } = message;
        this.#begin(run, async ({ lost }) => {
          await this.#planeOf(source).notify(event, lost.signal);
          post({ type: "notified", run });
        });
        break;
      }
      case "revoke":
        this.#runs.get(message.run)?.revoked.abort(new DOMException("Revoked", "AbortError"));
        break;
      case "lose":
        this.#runs.get(message.run)?.lost.abort(new DOMException("Lost", "AbortError"));
        break;
      case "hold":
        sources.hold(message.source, message.held);
        break;
      case "proxy":
        proxies.changed(message.proxyUrl, message.state);
        break;
      case "pull_granted":
        rates.granted(message.pull);
        break;
      case "answer":
        main.answer(message.call, message.answer);
    }
  }

  #planeOf(source: string): DataPlane {
    const plane = this.#planes.get(source);
    if (!plane) throw new Error(`This worker has no source ${source}`);
    return plane;
  }

  #begin(run: number, work: (run: Run) => Promise<void>): void {
    const parts = { revoked: new AbortController(), lost: new AbortController() };
    this.#runs.set(run, parts);
    this.#tasks.spawn(`run ${run}`, async () => {
      try {
        await work(parts);
      } catch (error) {
        this.#options.post({ type: "failed", run, message: describeError(error) });
      } finally {
        this.#runs.delete(run);
      }
    });
  }
}

function listenerOf(run: number, post: (message: FromWorker) => void): ShardListener {
  return {
    pulled: ({ seq, nextCursor }) => post({ type: "pulled", run, seq, nextCursor }),
    done: ({ seq, report }) => post({ type: "done", run, seq, report }),
    rewound: (seq) => post({ type: "rewound", run, seq }),
    caughtUp: () => post({ type: "caught_up", run }),
  };
}
