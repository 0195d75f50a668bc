import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { LocalProxyBreakers } from "../base/proxy_breakers.ts";
import { serialize } from "./serialize.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecToken } from "../hec/hec_token.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { ProxiesForWorkers } from "./proxies_for_workers.ts";
import { DataPlaneWorker, type OfNoRun } from "./data_plane_worker.ts";
import { HeldSources } from "./held_sources.ts";
import { MainRpcServer } from "./main_rpc.ts";
import { ValueServer } from "./remote_value.ts";
import type { CallRequest, DataPlaneWorkerLike, ValueName } from "./worker_messages.ts";

const RESTART = { baseMs: 1000, capMs: 30_000 };
/** A worker that has lived so long was not killed by how it starts. */
const SETTLED_AFTER_MS = 60_000;

export interface WorkerPoolOptions {
  /** At least one. */
  readonly workers: number;
  /** Starts worker number `index`, from 0. Throws when it cannot. */
  readonly start: (index: number) => DataPlaneWorkerLike;
  /** What worker number `index` is told first, as plain data and secrets. */
  readonly setupOf: (index: number) => unknown;
  readonly deadLetters: DeadLetterPort;
  readonly credentials: CredentialsProvider;
  readonly hecToken: HecToken;
  readonly tls: { readonly sls: TlsFiles; readonly hec: TlsFiles };
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Shared with the main isolate's own requests. */
  readonly proxies?: LocalProxyBreakers | undefined;
}

/** A worker's place, which a new one takes when it dies. */
interface Slot {
  readonly index: number;
  worker: DataPlaneWorker | undefined;
  startedMs: number;
  /** Deaths one soon after the other. */
  deaths: number;
  notBeforeMs: number;
}

/**
 * The workers of the data plane: started when there is work for them, replaced when they die, and served with
 * what only the main isolate has.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly Slot[];
  readonly #holds = new HeldSources();
  readonly #proxies: ProxiesForWorkers;
  readonly #values: Readonly<Record<ValueName, ValueServer<unknown>>>;
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);
  #runs = 0;
  /** Told why a worker cannot be started, while it is not known that any can. */
  #cannotStart: ((why: string) => void) | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { proxies = new LocalProxyBreakers(options) } = options;
    this.#proxies = new ProxiesForWorkers(proxies, options.clock);
    this.#values = valuesOf(options);
    this.#slots = Array.from({ length: options.workers }, (_, index) => {
      return { index, worker: undefined, startedMs: 0, deaths: 0, notBeforeMs: -Infinity };
    });
  }

  /**
   * Starts a worker and waits until it answers: one that dies before that would do so for ever, and nothing would be
   * read. Ends without a word when `signal` aborts.
   * @throws {OperatorError} when no worker can be started.
   */
  async proveStart(signal: AbortSignal): Promise<void> {
    const proven = Promise.withResolvers<void>();
    const stop = () => proven.resolve();
    this.#cannotStart = (why) =>
      proven.reject(
        new OperatorError(
          `Cannot start a data-plane worker: ${why}`,
          "Report this; with `workers: 0` the program does without them",
        ),
      );
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const [first] = this.#slots;
      const worker = first!.worker ?? this.#start(first!);
      worker?.ready.then(proven.resolve, () => {}); // its death is told as that of any
      await proven.promise;
    } finally {
      signal.removeEventListener("abort", stop);
      this.#cannotStart = undefined;
    }
  }

  /** The number of a new piece of work. */
  nextRun(): number {
    return this.#runs++;
  }

  /** The worker with the least in hand, started if need be; undefined while all are dead and wait to be replaced. */
  idlest(): DataPlaneWorker | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    const usable = this.#slots.filter((slot) => slot.worker || slot.notBeforeMs <= nowMs);
    const [best] = usable.sort((a, b) => (a.worker?.load ?? 0) - (b.worker?.load ?? 0));
    return best && (best.worker ?? this.#start(best));
  }

  /** Waits until a dead worker may be replaced. */
  async untilReplaced(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const nextMs = Math.min(...this.#slots.map(({ notBeforeMs }) => notBeforeMs));
    await clock.sleep(Math.max(0, nextMs - clock.monotonicMs()), signal);
  }

  /** Ends the workers; their runs must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("The workers are stopped", "AbortError"));
    for (const { worker } of this.#slots) worker?.die("the program stops");
    await this.#tasks[Symbol.asyncDispose]();
  }

  #start(slot: Slot): DataPlaneWorker | undefined {
    const { start, setupOf, clock } = this.#options;
    slot.startedMs = clock.monotonicMs();
    let like: DataPlaneWorkerLike;
    try {
      like = start(slot.index);
    } catch (error) {
      this.#failed(slot, describeError(error));
      return undefined;
    }
    const calls = new MainRpcServer(
      (answer) => worker.post(answer),
      (request, signal) => this.#answer(request, signal),
    );
    const worker: DataPlaneWorker = new DataPlaneWorker({
      worker: like,
      clock,
      onMessage: (message) => this.#handle(worker, message, calls),
      onDeath: (why) => {
        slot.worker = undefined;
        this.#holds.leave(worker);
        this.#proxies.leave(worker);
        if (!this.#stop.signal.aborted) this.#failed(slot, why);
      },
    });
    worker.post({ type: "setup", setup: serialize(setupOf(slot.index)) });
    slot.worker = worker;
    this.#holds.join(worker);
    this.#tasks.spawn(`watch ${nameOf(slot)}`, (signal) => worker.watch(signal));
    return worker;
  }

  /** The first death is no reason to wait; more of them are. */
  #failed(slot: Slot, why: string): void {
    const { clock, random, telemetry } = this.#options;
    const nowMs = clock.monotonicMs();
    slot.deaths = nowMs - slot.startedMs < SETTLED_AFTER_MS ? slot.deaths + 1 : 1;
    const retryInMs = slot.deaths === 1 ? 0 : backoffMs(RESTART, slot.deaths - 1, random);
    slot.notBeforeMs = nowMs + retryInMs;
    if (this.#cannotStart) return this.#cannotStart(why);
    telemetry({
      type: "trouble",
      about: nameOf(slot),
      message: `The worker has died: ${why}`,
      hint: "Another takes its place; its shards go on from what is delivered, and some logs may " +
        "come twice. Report this if it happens again",
      retryInMs,
    });
  }

  #handle(
    worker: DataPlaneWorker,
    message: OfNoRun,
    calls: MainRpcServer,
  ): void {
    switch (message.type) {
      case "telemetry":
        return this.#options.telemetry(message.event);
      case "hold":
        return this.#holds.change(worker, message.source, message.held);
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
      return await this.#options.deadLetters.park(request.letter, signal);
    }
    const { name, known, refused } = request;
    return await this.#values[name].answer(known, refused, signal);
  }
}

function valuesOf(
  { credentials, hecToken, tls }: WorkerPoolOptions,
): Record<ValueName, ValueServer<unknown>> {
  const tlsServer = (files: TlsFiles) => {
    const current = (signal: AbortSignal) => files.current(signal);
    return new ValueServer({ current, newer: (_, signal) => current(signal) });
  };
  return {
    credentials: new ValueServer({
      current: (signal) => credentials.current(signal),
      newer: (refused, signal) => credentials.renew(refused, signal),
    }) as ValueServer<unknown>,
    hec_token: new ValueServer({
      current: (signal) => hecToken.current(signal),
      newer: (_, signal) => hecToken.newest(signal),
    }) as ValueServer<unknown>,
    sls_tls: tlsServer(tls.sls),
    hec_tls: tlsServer(tls.hec),
  };
}

function nameOf({ index }: Slot): string {
  return `data-plane worker ${index + 1}`;
}
