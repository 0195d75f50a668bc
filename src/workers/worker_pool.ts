import { Backoff, type BackoffSteps } from "../base/backoff.ts";
import { abortable } from "../base/on_abort.ts";
import type { Env } from "../base/env.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { LocalProxyBreakers } from "../base/proxy_breakers.ts";
import { PullRates } from "../base/pull_rates.ts";
import { TaskGroup } from "../base/task_group.ts";
import { type OfNoRun, WorkerHandle } from "./worker_handle.ts";
import { HeldSources } from "./held_sources.ts";
import { MainRpcServer } from "./main_rpc.ts";
import { type MainServices, ValueServers } from "./main_services.ts";
import { ProxyServer } from "./remote_proxies.ts";
import { RateServer } from "./remote_rates.ts";
import { serialize } from "./serialize.ts";
import type { CallRequest, DataPlaneWorkerLike } from "./worker_messages.ts";

/** Waits before a worker is replaced that dies again and again; the first death is no reason to wait. */
const RESTART: BackoffSteps = { stepsMs: [0, 1000, 2000, 4000, 8000, 16_000, 30_000] };
/** A worker that has lived this long did not die of how it starts. */
const SETTLED_AFTER_MS = 60_000;

interface WorkerPoolOptions {
  /** At least one. */
  readonly workers: number;
  /** Starts worker number `index`, from 0. Throws when it cannot. */
  readonly start: (index: number) => DataPlaneWorkerLike;
  /** The first message to worker number `index`, as plain data and secrets. */
  readonly setupOf: (index: number) => unknown;
  readonly services: MainServices;
}

/** The place of one worker, which a new one takes when it dies. */
interface Slot {
  readonly index: number;
  readonly backoff: Backoff;
  worker: WorkerHandle | undefined;
  startedMs: number;
}

/**
 * The workers of the data plane: started when there is work for them, replaced when they die, and provided with what
 * only the main isolate has.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #env: Env;
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  /** The setup of each source, by its name, as it is posted to workers. */
  readonly #sources = new Map<string, unknown>();
  readonly #held = new HeldSources();
  readonly #proxies: ProxyServer;
  readonly #rates: RateServer;
  readonly #values: ValueServers;
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);
  #runs = 0;
  /** The slot whose worker must prove that workers can be started. */
  #proving: Slot | undefined;

  constructor(env: Env, options: WorkerPoolOptions) {
    this.#env = env;
    this.#options = options;
    const { proxies = new LocalProxyBreakers(env), rates = new PullRates(env.clock) } =
      options.services;
    this.#proxies = new ProxyServer(proxies, env.clock);
    this.#rates = new RateServer(rates);
    this.#values = new ValueServers(options.services);
    this.#slots = Array.from({ length: options.workers }, (_, index) => {
      return { index, backoff: new Backoff(RESTART, env), worker: undefined, startedMs: 0 };
    });
  }

  /**
   * Starts a worker and waits until it answers. Fails fast: a worker that cannot start would otherwise be restarted
   * forever, and nothing would be forwarded. Returns when `signal` aborts.
   * @throws {OperatorError} when no worker can be started.
   */
  async proveStart(signal: AbortSignal): Promise<void> {
    const first = this.#slots[0]!;
    this.#proving = first;
    try {
      first.worker ??= this.#begin(first);
      await abortable(first.worker.ready, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw new OperatorError(
        `Cannot start a data-plane worker: ${describeError(error)}`,
        "Report this; set `workers: 0` to run without workers",
      );
    } finally {
      this.#proving = undefined;
    }
  }

  /**
   * Makes a source known to all workers, now and whenever one starts; before its first run.
   * @param setup What a worker makes the source's data plane of, as plain data and secrets.
   */
  addSource(source: string, setup: unknown): void {
    if (this.#sources.has(source)) throw new Error(`There is a source ${source} already`);
    const posted = serialize(setup);
    this.#sources.set(source, posted);
    for (const { worker } of this.#slots) {
      worker?.post({ type: "add_source", source, setup: posted });
    }
  }

  /** Has all workers forget a source; after its last run. */
  removeSource(source: string): void {
    this.#sources.delete(source);
    this.#held.forget(source);
    for (const { worker } of this.#slots) worker?.post({ type: "remove_source", source });
  }

  /** A number for a new run. */
  nextRun(): number {
    return this.#runs++;
  }

  /** The worker with the fewest runs, started if needed; undefined while all are dead and wait to be replaced. */
  idlest(): WorkerHandle | undefined {
    const usable = this.#slots.filter(({ worker, backoff }) => worker || backoff.waitMs === 0);
    const [best] = usable.sort((a, b) => (a.worker?.load ?? 0) - (b.worker?.load ?? 0));
    return best && (best.worker ?? this.#start(best));
  }

  /** Waits until a dead worker may be replaced. */
  async untilReplaced(signal: AbortSignal): Promise<void> {
    const waitMs = Math.min(...this.#slots.map(({ backoff }) => backoff.waitMs));
    await this.#env.clock.sleep(waitMs, signal);
  }

  /** Ends the workers; their runs must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("The workers are stopped", "AbortError"));
    for (const { worker } of this.#slots) worker?.die("the program stops");
    await this.#tasks[Symbol.asyncDispose]();
  }

  #start(slot: Slot): WorkerHandle | undefined {
    try {
      return slot.worker = this.#begin(slot);
    } catch (error) {
      this.#failed(slot, describeError(error));
      return undefined;
    }
  }

  /**
   * @throws when the worker cannot be started.
   */
  #begin(slot: Slot): WorkerHandle {
    const { start, setupOf } = this.#options;
    slot.startedMs = this.#env.clock.monotonicMs();
    const calls = new MainRpcServer(
      (answer) => worker.post(answer),
      (request, signal) => this.#answer(request, signal),
    );
    const worker: WorkerHandle = new WorkerHandle({
      worker: start(slot.index),
      clock: this.#env.clock,
      onMessage: (message) => this.#handle(worker, message, calls),
      onDeath: (why) => {
        slot.worker = undefined;
        this.#held.leave(worker);
        this.#proxies.leave(worker);
        this.#rates.leave(worker);
        if (!this.#stop.signal.aborted) this.#failed(slot, why);
      },
    });
    worker.post({ type: "setup", setup: serialize(setupOf(slot.index)) });
    for (const [source, setup] of this.#sources) {
      worker.post({ type: "add_source", source, setup });
    }
    this.#held.join(worker);
    this.#tasks.spawn(`watch ${nameOf(slot)}`, (signal) => worker.watch(signal));
    return worker;
  }

  #failed(slot: Slot, why: string): void {
    const livedMs = this.#env.clock.monotonicMs() - slot.startedMs;
    if (livedMs >= SETTLED_AFTER_MS) slot.backoff.succeeded();
    const retryInMs = slot.backoff.failed();
    if (slot === this.#proving) return; // `proveStart` throws it
    this.#env.telemetry({
      type: "trouble",
      about: nameOf(slot),
      message: `The worker has died: ${why}`,
      hint: "Another worker takes over its shards from the last delivered log; some logs may be " +
        "sent twice. Report this if it happens again",
      retryInMs,
    });
  }

  #handle(
    worker: WorkerHandle,
    message: OfNoRun,
    calls: MainRpcServer,
  ): void {
    switch (message.type) {
      case "telemetry":
        return this.#env.telemetry(message.event);
      case "hold":
        return this.#held.change(worker, message.source, message.held);
      case "proxy_wanted":
        this.#tasks.spawn("a proxy for a worker", async (stopped) => {
          const signal = AbortSignal.any([worker.died, stopped]);
          try {
            await this.#proxies.wanted(worker, message.proxyUrl, signal);
          } catch (error) {
            if (!signal.aborted) throw error;
          }
        });
        return;
      case "proxy_tried":
        return this.#proxies.tried(worker, message.proxyUrl, message.epoch, message.outcome);
      case "pull_wanted":
        this.#tasks.spawn("the rate of a worker's pull", async () => {
          await this.#rates.wanted(worker, message.pull, message.source);
        });
        return;
      case "pull_ended":
        return this.#rates.ended(worker, message.pull, message.bytes);
      case "cancel":
        return calls.cancel(message.call);
      case "call":
        this.#tasks.spawn("call of a worker", async (stopped) => {
          const signal = AbortSignal.any([worker.died, stopped]);
          await calls.serve(message.call, message.request, signal);
        });
    }
  }

  async #answer(request: CallRequest, signal: AbortSignal): Promise<unknown> {
    if (request.kind === "park") {
      return await this.#options.services.deadLetters.park(request.letter, signal);
    }
    const { name, known, refused } = request;
    return await this.#values.of(name).answer(known, refused, signal);
  }
}

function nameOf({ index }: Slot): string {
  return `data-plane worker ${index + 1}`;
}
