import type { Clock } from "../../src/base/clock.ts";
import type { GroupPort } from "../../src/consumer/ports.ts";
import { type Fault, obey } from "./fault.ts";

type Answer = Awaited<ReturnType<GroupPort["heartbeat"]>>;
type Call = "list" | "create" | "update" | "heartbeat" | "checkpoint" | "writeCheckpoint";
interface Settings {
  timeoutSec: number;
  inOrder: boolean;
}

/** How long a call waits for its answer. */
const CALL_TIMEOUT_MS = 30_000;

/** A consumer group that does as the test says and keeps all calls. */
export class FakeGroup implements GroupPort {
  readonly #clock: Clock;
  readonly name: string;
  groups: (Settings & { name: string })[];
  /** Shards that heartbeats grant. */
  granted: number[] = [];
  /** Answers of the next heartbeats, before those by `granted`. */
  readonly nextAnswers: Answer[] = [];
  readonly checkpoints = new Map<number, string>();
  /** What goes wrong; called for each call. */
  fault: (call: Call) => Fault | undefined = () => undefined;
  /** Why a checkpoint is refused. */
  refusal: (shard: number, cursor: string) => string | undefined = () => undefined;

  /** Every call, in order. */
  readonly calls: Call[] = [];
  readonly created: Settings[] = [];
  readonly updated: { timeoutSec?: number | undefined; inOrder?: boolean | undefined }[] = [];
  readonly beats: {
    atMs: number;
    consumer: string;
    shards: readonly number[];
    timeoutMs: number;
  }[] = [];
  /** Checkpoints that were written. */
  readonly writes: { atMs: number; shard: number; cursor: string }[] = [];

  constructor(clock: Clock, name = "group") {
    this.#clock = clock;
    this.name = name;
    this.groups = [{ name, timeoutSec: 60, inOrder: false }];
  }

  /** What each heartbeat reported. */
  get reports(): (readonly number[])[] {
    return this.beats.map(({ shards }) => shards);
  }

  /** The cursors written for a shard. */
  written(shard: number): string[] {
    return this.writes.filter((write) => write.shard === shard).map(({ cursor }) => cursor);
  }

  async list(signal?: AbortSignal) {
    await this.#take("list", signal);
    return this.groups;
  }

  async create(settings: Settings, signal?: AbortSignal): Promise<void> {
    await this.#take("create", signal);
    this.created.push(settings);
    this.groups.push({ name: this.name, ...settings });
  }

  async update(
    settings: { timeoutSec?: number | undefined; inOrder?: boolean | undefined },
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#take("update", signal);
    this.updated.push(settings);
  }

  async heartbeat(
    consumer: string,
    shards: readonly number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Answer> {
    this.beats.push({ atMs: this.#clock.monotonicMs(), consumer, shards, timeoutMs });
    await this.#take("heartbeat", signal, timeoutMs);
    return this.nextAnswers.shift() ?? { kind: "granted", shards: [...this.granted] };
  }

  async checkpoint(shard: number, signal?: AbortSignal): Promise<string> {
    await this.#take("checkpoint", signal);
    return this.checkpoints.get(shard) ?? "";
  }

  async writeCheckpoint(
    _consumer: string,
    shard: number,
    cursor: string,
    signal?: AbortSignal,
  ): ReturnType<GroupPort["writeCheckpoint"]> {
    await this.#take("writeCheckpoint", signal);
    const message = this.refusal(shard, cursor);
    if (message !== undefined) return { kind: "refused", message };
    this.writes.push({ atMs: this.#clock.monotonicMs(), shard, cursor });
    this.checkpoints.set(shard, cursor);
    return { kind: "written" };
  }

  async #take(
    call: Call,
    signal: AbortSignal | undefined,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<void> {
    this.calls.push(call);
    await obey(this.fault(call), signal, { clock: this.#clock, timeoutMs });
  }
}
