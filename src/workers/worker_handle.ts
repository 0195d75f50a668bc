import type { Clock } from "../base/clock.ts";
import type { ShardEnd, ShardListener } from "../consumer/ports.ts";
import { IsolateLink } from "./isolate_link.ts";
import type { DataPlaneWorkerLike, FromWorker, ToWorker } from "./worker_messages.ts";

/** One ping a second: loading the modules may take a while on a busy machine. */
const MAX_MISSED_PINGS = { atStart: 60, later: 15 };

interface Run {
  /** Of a shard's run; a report has none. */
  readonly listener: ShardListener | undefined;
  readonly end: PromiseWithResolvers<ShardEnd | undefined>;
}

/** Messages about one run. */
type OfRun = Extract<FromWorker, { run: number }>;

/** Messages about no run. */
export type OfNoRun = Exclude<FromWorker, { run: number }>;

interface WorkerHandleOptions {
  readonly worker: DataPlaneWorkerLike;
  readonly clock: Clock;
  /** Called with each message about no run. */
  readonly onMessage: (message: OfNoRun) => void;
  /** Called once, when the worker has died. */
  readonly onDeath: (why: string) => void;
}

/**
 * One worker of the data plane, from its start to its death, as the main isolate sees it. Messages of a dead worker are
 * ignored: its runs have ended, and other runs may have started from the same cursors.
 */
export class WorkerHandle {
  readonly #link: IsolateLink<ToWorker, FromWorker>;
  readonly #runs = new Map<number, Run>();

  constructor({ worker, clock, onMessage, onDeath }: WorkerHandleOptions) {
    this.#link = new IsolateLink<ToWorker, FromWorker>({
      worker,
      maxMissedPings: MAX_MISSED_PINGS,
      clock,
      onMessage: (message) => {
        if ("run" in message) this.#ofRun(message);
        else onMessage(message);
      },
      onDeath: (why) => {
        onDeath(why);
        for (const { end } of this.#runs.values()) {
          end.resolve({ kind: "interrupted", message: why });
        }
        this.#runs.clear();
      },
    });
  }

  /** How many runs the worker has. */
  get load(): number {
    return this.#runs.size;
  }

  /** As `IsolateLink.ready`. */
  get ready(): Promise<void> {
    return this.#link.ready;
  }

  /** Aborts when the worker dies. */
  get died(): AbortSignal {
    return this.#link.died;
  }

  /** As `IsolateLink.post`. */
  post(message: ToWorker): void {
    this.#link.post(message);
  }

  /** As `IsolateLink.watch`. */
  async watch(signal: AbortSignal): Promise<void> {
    await this.#link.watch(signal);
  }

  /** Ends the worker; its runs are interrupted. */
  die(why: string): void {
    this.#link.die(why);
  }

  /**
   * Does one run in the worker.
   * @param start Its first message.
   * @param listener For a shard's run.
   * @returns how it ended, `interrupted` when the worker died meanwhile; undefined for a report that is delivered.
   * @throws the unexpected error that ended it inside the worker.
   */
  async run(
    start: Extract<ToWorker, { type: "start" | "notify" }>,
    listener?: ShardListener,
  ): Promise<ShardEnd | undefined> {
    const end = Promise.withResolvers<ShardEnd | undefined>();
    this.#runs.set(start.run, { listener, end });
    this.post(start);
    return await end.promise;
  }

  /** Drops a run at once; later messages about it are ignored. */
  drop(run: number): void {
    const dropped = this.#runs.get(run);
    this.#runs.delete(run);
    this.post({ type: "lose", run });
    dropped?.end.resolve({ kind: "lost" });
  }

  #ofRun(message: OfRun): void {
    const run = this.#runs.get(message.run);
    if (!run) return; // dropped
    try {
      this.#report(run, message);
    } catch (error) { // a bug of the listener: the run has failed
      run.end.reject(error);
      this.drop(message.run);
    }
  }

  #report({ listener, end }: Run, message: OfRun): void {
    switch (message.type) {
      case "pulled":
        return listener?.pulled(message);
      case "done":
        return listener?.done(message);
      case "rewound":
        return listener?.rewound(message.seq);
      case "caught_up":
        return listener?.caughtUp();
      case "ended":
        end.resolve(message.end);
        break;
      case "notified":
        end.resolve(undefined);
        break;
      case "failed":
        end.reject(new Error(message.message));
    }
    this.#runs.delete(message.run);
  }
}
