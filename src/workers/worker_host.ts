import { describeError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { DataPlane, ShardListener } from "../consumer/ports.ts";
import type { MainRpcClient } from "./main_rpc.ts";
import type { FromWorker, ProxyState, ToWorker } from "./worker_messages.ts";

export interface WorkerHostOptions {
  readonly post: (message: FromWorker) => void;
  /** The plane of the source of this name. */
  readonly planeOf: (source: string) => DataPlane;
  /** Told that another worker holds a source, or no longer does. */
  readonly hold: (source: string, held: boolean) => void;
  /** Told how it stands with a proxy. */
  readonly proxyChanged: (proxyUrl: string, state: ProxyState) => void;
  readonly calls: MainRpcClient;
}

/** What one piece of work is ended by. */
interface Run {
  readonly revoked: AbortController;
  readonly lost: AbortController;
}

/** The worker's side of the data plane: does what the main isolate's messages ask for, and tells it how that goes. */
export class WorkerHost {
  readonly #options: WorkerHostOptions;
  readonly #runs = new Map<number, Run>();
  readonly #tasks = new TaskGroup();

  constructor(options: WorkerHostOptions) {
    this.#options = options;
  }

  handle(message: Exclude<ToWorker, { type: "setup" }>): void {
    const { post, planeOf, hold, calls } = this.#options;
    switch (message.type) {
      case "start": {
        const { run, source, shard, cursor } = message;
        this.#begin(run, async ({ revoked, lost }) => {
          const job = { shard, cursor, revoked: revoked.signal, lost: lost.signal };
          const end = await planeOf(source).run(job, listenerOf(run, post));
          post({ type: "ended", run, end });
        });
        break;
      }
      case "notify": {
        const { run, source, event } = message;
        this.#begin(run, async ({ lost }) => {
          await planeOf(source).notify(event, lost.signal);
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
        hold(message.source, message.held);
        break;
      case "proxy":
        this.#options.proxyChanged(message.proxyUrl, message.state);
        break;
      case "answer":
        calls.answer(message.call, message.answer);
    }
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
