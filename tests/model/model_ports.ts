import type { ShardStart } from "../../src/base/cursor.ts";
import type { GroupPort, ShardsPort } from "../../src/consumer/ports.ts";
import type { GroupState } from "../../src/emulator/core/sls/group_state.ts";
import { SlsError } from "../../src/emulator/core/sls/sls_error.ts";
import type { ModelProcess, Weather } from "./model_process.ts";
import { GROUP, type ModelServer } from "./model_server.ts";

/** Refusals of a checkpoint after which the shard is not the consumer's. */
const REFUSALS = ["ConsumerNotExist", "ConsumerNotMatch", "ShardNotExist"];

/** The consumer-group calls of one process. */
export class ModelGroup implements GroupPort {
  readonly #process: ModelProcess;
  readonly #server: ModelServer;
  readonly #weather: Weather;

  constructor(process: ModelProcess, server: ModelServer, weather: Weather) {
    this.#process = process;
    this.#server = server;
    this.#weather = weather;
  }

  async list(signal?: AbortSignal) {
    return await this.#process.call("list", signal, () => {
      const settings = this.#server.group?.settings;
      return settings
        ? [{ name: GROUP, timeoutSec: settings.timeoutSec, inOrder: settings.order }]
        : [];
    });
  }

  async create(settings: { timeoutSec: number; inOrder: boolean }, signal?: AbortSignal) {
    await this.#process.call("create", signal, () => {
      if (this.#server.group) throw new Error("ConsumerGroupAlreadyExist");
      this.#server.createGroup(settings.timeoutSec, settings.inOrder);
    });
  }

  update(): Promise<void> {
    return Promise.reject(new Error("Cannot update the group: the model has no settings for it"));
  }

  async heartbeat(
    consumer: string,
    shards: readonly number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): ReturnType<GroupPort["heartbeat"]> {
    return await this.#process.call("heartbeat", signal, () => {
      if (!this.#server.group) {
        return { kind: "group_missing" as const, message: "ConsumerGroupNotExist" };
      }
      try {
        const facts = this.#server.logstore.shardFacts();
        return {
          kind: "granted" as const,
          shards: this.#server.group.heartbeat(consumer, shards, facts),
        };
      } catch (error) {
        if (!(error instanceof SlsError)) throw error;
        return { kind: "forgotten" as const, message: error.code };
      }
    }, timeoutMs);
  }

  async checkpoint(shard: number, signal?: AbortSignal): Promise<string> {
    return await this.#process.call("checkpoint", signal, () => {
      const rows = this.#group().shards(this.#server.logstore.shardFacts());
      return rows.find(({ id }) => id === shard)?.checkpoint ?? "";
    });
  }

  async writeCheckpoint(
    consumer: string,
    shard: number,
    cursor: string,
    signal?: AbortSignal,
  ): ReturnType<GroupPort["writeCheckpoint"]> {
    const { judge, logstore } = this.#server;
    judge.asked(this.#process, shard, this.#process.nowMs);
    return await this.#process.call("writeCheckpoint", signal, () => {
      if (this.#weather.refusesCheckpoint()) {
        return { kind: "refused", message: "ConsumerNotMatch" };
      }
      try {
        const update = { consumer, shard, checkpoint: cursor, force: false };
        this.#group().updateCheckpoint(update, logstore.shardFacts());
      } catch (error) {
        if (!(error instanceof SlsError && REFUSALS.includes(error.code))) throw error;
        return { kind: "refused", message: error.code };
      }
      judge.moved(this.#process, shard, logstore.shard(shard).log.positionOf(cursor)!);
      return { kind: "written" };
    });
  }

  #group(): GroupState {
    if (!this.#server.group) throw new Error("ConsumerGroupNotExist");
    return this.#server.group;
  }
}

/** The calls about shards of one process. */
export class ModelShards implements ShardsPort {
  readonly #process: ModelProcess;
  readonly #server: ModelServer;

  constructor(process: ModelProcess, server: ModelServer) {
    this.#process = process;
    this.#server = server;
  }

  async list(signal?: AbortSignal) {
    return await this.#process.call(
      "listShards",
      signal,
      () =>
        [...this.#server.logstore.shards.values()]
          .map(({ id, status }) => ({ shard: id, readOnly: status === "readonly" })),
    );
  }

  async cursorAt(shard: number, place: ShardStart, signal?: AbortSignal): Promise<string> {
    return await this.#process.call("cursorAt", signal, () => {
      const { log } = this.#server.logstore.shard(shard);
      if (place === "begin") return log.cursorAt(log.begin);
      return log.cursorAt(place === "end" ? log.end : log.positionAtTime(place.unixSec));
    });
  }

  async cursorTimeSec(_shard: number, _cursor: string, signal?: AbortSignal): Promise<number> {
    return await this.#process.call("cursorTimeSec", signal, () => this.#server.nowSec);
  }

  serverNowMs(): number {
    return this.#server.nowSec * 1000;
  }
}
