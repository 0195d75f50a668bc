import type { Clock } from "../../src/base/clock.ts";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { SourceConsumer } from "../../src/consumer/source_consumer.ts";
import type { FakeClock } from "../support/fake_clock.ts";
import { seededFor } from "../support/seeded_random.ts";
import type { Suspect } from "./judge.ts";
import { ModelGroup, ModelShards } from "./model_ports.ts";
import { ModelPlane } from "./model_plane.ts";
import { GROUP, type ModelServer } from "./model_server.ts";

/** What goes wrong with a call: refused before it takes effect, its answer lost, or no answer at all. */
export type CallFault = "refused" | "answer lost" | "hang";

/** How long a call waits for its answer. */
const CALL_TIMEOUT_MS = 5000;
const LATENCY_MOST_MS = 40;

/** Troubles of the network and of HEC that concern one process. */
export interface Weather {
  /** Read at each call. */
  call(name: string): CallFault | undefined;
  /** Whether the server wrongly refuses a checkpoint. */
  refusesCheckpoint(): boolean;
  /** How long HEC takes; undefined: it answers 503. */
  hecMs(): number | undefined;
}

export interface ModelProcessOptions {
  readonly name: string;
  readonly seed: number;
  readonly clock: FakeClock;
  readonly server: ModelServer;
  readonly weather: Weather;
  readonly groupTimeoutMs: number;
  readonly inOrder: boolean;
}

/**
 * One process of the program: the real engine, on ports that reach the model of the server. It can be
 * stopped and continued as by SIGSTOP and SIGCONT: its timers and the answers it waits for come late, what
 * it has sent takes effect.
 */
export class ModelProcess implements Suspect {
  readonly name: string;
  readonly disturbedMs: number[] = [];
  unawareUntilMs = -Infinity;
  wokenMs = -Infinity;
  readonly plane: ModelPlane;
  readonly events: TelemetryEvent[] = [];
  readonly #options: ModelProcessOptions;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  /** While it is stopped: what runs when it is continued, in order. */
  #waiting: (() => void)[] | undefined;
  dead = false;
  stopping = false;
  /** How it ended; undefined while it runs. */
  end: { readonly undelivered: number } | { readonly error: unknown } | undefined;

  constructor(options: ModelProcessOptions) {
    this.#options = options;
    this.name = options.name;
    this.#random = seededFor(options.seed, options.name);
    this.plane = new ModelPlane(this, options.server, this.clock, options.weather, this.#random);
    const { groupTimeoutMs, inOrder } = options;
    const source = new SourceConsumer({
      clock: this.clock,
      random: this.#random,
      telemetry: (event) => this.#hear(event),
    }, {
      name: "p/l",
      consumer: this.name,
      wanted: {
        name: GROUP,
        timeoutMs: groupTimeoutMs,
        newTimeoutMs: groupTimeoutMs,
        inOrder,
        update: false,
      },
      start: "begin",
      heartbeatIntervalMs: groupTimeoutMs / 3,
      checkpointIntervalMs: 3000,
      drainTimeoutMs: 8000,
      group: new ModelGroup(this, options.server, options.weather),
      shards: new ModelShards(this, options.server),
      logstore: { retentionSec: () => Promise.resolve(Infinity) },
      dataPlane: this.plane,
      ledger: { pageDone: () => {}, cover: () => Promise.resolve() },
    });
    source.run(this.#stop.signal)
      .then((undelivered) => this.end = { undelivered }, (error) => this.end = { error });
  }

  get frozen(): boolean {
    return this.#waiting !== undefined;
  }

  /** Whether it takes part: not dead, and not asked to stop. */
  get alive(): boolean {
    return !this.dead && !this.stopping;
  }

  /** SIGTERM. */
  leave(): void {
    this.stopping = true;
    this.#stop.abort(new Error("SIGTERM"));
  }

  /** SIGSTOP. */
  freeze(): void {
    this.disturb();
    this.#waiting ??= [];
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.dead || !this.#waiting) return;
    this.disturb();
    this.wokenMs = this.nowMs;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    void this.#goOn(waiting); // ends when the schedule moves the clock
  }

  /** SIGKILL. */
  kill(): void {
    this.freeze();
    this.dead = true;
  }

  /** Something happened that excuses a log that comes twice. */
  disturb(): void {
    this.disturbedMs.push(this.nowMs);
  }

  /** The server has taken its shards without its knowing. */
  deprive(): void {
    this.disturb();
    // It learns that by its next heartbeat, or gives up at the group's timeout.
    this.unawareUntilMs = this.nowMs + this.#options.groupTimeoutMs;
  }

  readonly clock: Clock = {
    nowMs: () => this.#options.clock.nowMs(),
    monotonicMs: () => this.#options.clock.monotonicMs(),
    sleep: async (ms, signal) => {
      await this.#options.clock.sleep(ms, signal);
      await this.awake();
    },
  };

  /** Timers and answers that are late come one after the other, each with all that follows from it. */
  async #goOn(waiting: readonly (() => void)[]): Promise<void> {
    for (const resume of waiting) {
      resume();
      await this.#options.clock.sleep(1);
    }
  }

  /** Waits until the process is not stopped. */
  async awake(): Promise<void> {
    while (this.#waiting) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  get nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #hear(event: TelemetryEvent): void {
    this.events.push(event);
    const loses = event.type === "leases_lost" ||
      event.type === "shard_ended" && event.how !== "released" ||
      event.type === "trouble" && event.retryInMs === 0 &&
        event.about.endsWith("write the checkpoint");
    if (loses) this.disturb();
  }

  /** A call: its way there, its effect, its way back. */
  async call<T>(
    name: string,
    signal: AbortSignal | undefined,
    effect: () => T,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<T> {
    const { clock, weather } = this.#options;
    signal?.throwIfAborted();
    const fault = weather.call(name);
    await clock.sleep(1 + this.#random() * LATENCY_MOST_MS, signal);
    if (fault === "hang") {
      await this.clock.sleep(timeoutMs, signal);
      throw new Error("no answer");
    }
    const answer = fault === "refused" ? undefined : settled(effect);
    if (!fault) await clock.sleep(1 + this.#random() * LATENCY_MOST_MS, signal);
    await this.awake();
    signal?.throwIfAborted();
    if (!answer || fault) throw new Error(fault === "refused" ? "503 ServerBusy" : "reset");
    if ("error" in answer) throw answer.error;
    return answer.value;
  }
}

/** What became of an effect at the server; a refusal is an answer too. */
function settled<T>(effect: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}
