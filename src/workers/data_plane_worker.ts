import type { Clock } from "../base/clock.ts";
import { Watchdog } from "./watchdog.ts";
import type { ShardEnd, ShardListener } from "../consumer/ports.ts";
import type { FromWorker, ToWorker, WorkerLike } from "./worker_messages.ts";

/** In seconds: loading the modules may take a while on a busy machine. */
const SILENCE = { atStart: 60, later: 15 };

/** A run in a worker: who is told how it goes, and how it ended. */
interface Run {
  readonly listener: ShardListener | undefined;
  readonly end: PromiseWithResolvers<ShardEnd | undefined>;
}

/** What concerns no run. */
export type OfNoRun = Extract<
  FromWorker,
  { type: "telemetry" | "call" | "cancel" | "hold" | "proxy_wanted" | "proxy_tried" }
>;

export interface DataPlaneWorkerOptions {
  readonly worker: WorkerLike;
  /** The first message. */
  readonly setup: unknown;
  readonly clock: Clock;
  /** Told of what concerns no run. */
  readonly onMessage: (
    message: OfNoRun,
  ) => void;
  /** Told once, when the worker is of no use any more. */
  readonly onDeath: (why: string) => void;
}

/**
 * One worker of the data plane, from its start to its death, as the main isolate sees it. What a dead one still
 * says is not heard: its runs have ended, and others may have begun where they began.
 */
export class DataPlaneWorker {
  readonly #options: DataPlaneWorkerOptions;
  readonly #worker: WorkerLike;
  readonly #runs = new Map<number, Run>();
  readonly #died = new AbortController();
  readonly #answered = Promise.withResolvers<void>();
  readonly #pulse: Watchdog;
  /** What is to be said once the worker listens; undefined when it does. Deno 2.6 loses what comes before. */
  #unsaid: ToWorker[] | undefined = [];

  constructor(options: DataPlaneWorkerOptions) {
    this.#options = options;
    this.#worker = options.worker;
    this.#pulse = new Watchdog(SILENCE, options.clock);
    this.#answered.promise.catch(() => {}); // not everybody asks
    this.#worker.onmessage = ({ data }) => this.#handle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // else it would end this isolate too
      this.die(event.message);
    };
    this.post({ type: "setup", setup: options.setup });
  }

  /** Pieces of work in hand. */
  get load(): number {
    return this.#runs.size;
  }

  /** Resolves when the worker has said something for the first time; rejects when it dies before. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  /** Aborts when the worker dies. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  post(message: ToWorker): void {
    if (this.#died.signal.aborted) return;
    if (this.#unsaid) this.#unsaid.push(message);
    else this.#worker.postMessage(message);
  }

  /**
   * Has a piece of work done.
   * @param start Its first message.
   * @param listener Of a shard's run.
   * @returns how it ended, `interrupted` when the worker died over it; undefined for a report that is delivered.
   * @throws what ended it unexpectedly inside the worker.
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

  /** Drops a piece of work at once; what the worker still says of it is not heard. */
  drop(run: number): void {
    const dropped = this.#runs.get(run);
    this.#runs.delete(run);
    this.post({ type: "lose", run });
    dropped?.end.resolve({ kind: "lost" });
  }

  /** Watches until `signal` aborts or the worker dies: of a hang, or when it closes itself, nobody is told. */
  async watch(signal: AbortSignal): Promise<void> {
    const silence = await this.#pulse.untilSilent(() => {
      this.post({ type: "ping" });
      return !this.#died.signal.aborted;
    }, signal);
    if (silence !== undefined) this.die(silence);
  }

  /** Ends the worker; its runs are interrupted. */
  die(why: string): void {
    if (this.#died.signal.aborted) return;
    this.#died.abort(new DOMException(why, "AbortError"));
    this.#answered.reject(new Error(why));
    this.#worker.onmessage = null;
    this.#worker.terminate();
    this.#options.onDeath(why);
    for (const { end } of this.#runs.values()) end.resolve({ kind: "interrupted", message: why });
    this.#runs.clear();
  }

  #handle(message: FromWorker): void {
    if (this.#died.signal.aborted) return;
    this.#pulse.heard();
    if (message.type === "crashed") return this.die(message.message);
    if (message.type === "listening") return this.#sayUnsaid();
    this.#answered.resolve();
    switch (message.type) {
      case "pong":
        return;
      case "telemetry":
      case "call":
      case "cancel":
      case "hold":
      case "proxy_wanted":
      case "proxy_tried":
        return this.#options.onMessage(message);
    }
    const run = this.#runs.get(message.run);
    if (!run) return; // dropped
    try {
      this.#tell(run, message);
    } catch (error) { // a fault of who listens: it is told as if the run had failed
      run.end.reject(error);
      this.drop(message.run);
    }
  }

  #sayUnsaid(): void {
    const unsaid = this.#unsaid ?? [];
    this.#unsaid = undefined;
    for (const message of unsaid) this.post(message);
  }

  #tell({ listener, end }: Run, message: Extract<FromWorker, { run: number }>): void {
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
