import { foreignText } from "../base/foreign_text.ts";
import { listOf, numberOf, stringOf, valueOf } from "./json_answer.ts";
import type { SlsRequester } from "./requester.ts";
import type { SlsCall } from "./sls_request.ts";
import { SlsError } from "./sls_error.ts";
import {
  assignedShards,
  checkpointRows,
  checkpointText,
  consumerName,
  groupOrder,
  groupTimeoutSec,
  MAX_GROUPS,
  nameText,
  shownCheckpoint,
  updateTimeMs,
} from "./sls_values.ts";

/** A consumer group as ListConsumerGroup shows it. */
export interface GroupSettings {
  /** Of the group; unique in its logstore. */
  readonly name: string;
  /** A consumer that has not sent a heartbeat for this long loses its shards. */
  readonly timeoutSec: number;
  /** Whether a shard waits until its parents are finished. */
  readonly inOrder: boolean;
}

/** The answer to a heartbeat. */
export type HeartbeatAnswer =
  | { readonly kind: "granted"; readonly shards: readonly number[] }
  /** The server no longer knows this consumer: its shards may belong to others. */
  | { readonly kind: "forgotten"; readonly message: string }
  | { readonly kind: "group_missing"; readonly message: string };

/** The answer to writing a checkpoint. */
export type CheckpointAnswer =
  | { readonly kind: "written" }
  /** The shard belongs to another consumer: nothing was written. */
  | { readonly kind: "refused"; readonly message: string };

/** A shard's checkpoint as GetCheckPoint shows it. */
export interface StoredCheckpoint {
  /** Number of the shard. */
  readonly shard: number;
  /** Empty when none was ever written; a description, which is not a cursor, when it is too long. */
  readonly cursor: string;
  /** When it was written, in milliseconds since 1970; 0 if never. */
  readonly updatedMs: number;
  /** The consumer that has the shard; empty without one, undefined when the server does not say. */
  readonly consumer: string | undefined;
}

/** The consumer-group calls for one group of one logstore. */
export class ConsumerGroup {
  readonly #requester: SlsRequester;
  readonly #name: string;
  readonly #listPath: string;
  readonly #path: string;
  readonly #group: string;
  readonly #project: string;
  readonly #logstore: string;

  /**
   * Makes the calls of one group.
   * @param requester Of the project.
   */
  constructor(requester: SlsRequester, project: string, logstore: string, group: string) {
    this.#requester = requester;
    this.#project = project;
    this.#logstore = logstore;
    this.#group = group;
    this.#name = `consumer group ${group} of ${project}/${logstore}`;
    this.#listPath = `/logstores/${encodeURIComponent(logstore)}/consumergroups`;
    this.#path = `${this.#listPath}/${encodeURIComponent(group)}`;
  }

  /** ListConsumerGroup: all groups of the logstore. */
  async list(signal?: AbortSignal): Promise<GroupSettings[]> {
    const name = `ListConsumerGroup of ${this.#project}/${this.#logstore}`;
    return await this.#requester.callJson(
      { name, method: "GET", path: this.#listPath },
      { expected: "an array of consumer groups", check: groupList },
      signal,
    );
  }

  /**
   * CreateConsumerGroup.
   * @throws {SlsError} of kind `group_exists` when another consumer was faster.
   * @throws {SlsError} of kind `group_quota`, with the names of the groups, when the logstore has the 30 that SLS allows.
   */
  async create(
    settings: { timeoutSec: number; inOrder: boolean },
    signal?: AbortSignal,
  ): Promise<void> {
    const call: SlsCall = {
      name: `CreateConsumerGroup ${this.#group} of ${this.#project}/${this.#logstore}`,
      method: "POST",
      path: this.#listPath,
      json: {
        consumerGroup: this.#group,
        timeout: settings.timeoutSec,
        order: settings.inOrder,
      },
    };
    try {
      await this.#send(call, signal);
    } catch (error) {
      if (error instanceof SlsError && error.kind === "group_quota") {
        throw await this.#quotaError(error, signal);
      }
      throw error;
    }
  }

  async #quotaError(error: SlsError, signal?: AbortSignal): Promise<SlsError> {
    const names = (await this.list(signal)).map(({ name }) => foreignText(name));
    return new SlsError(
      "group_quota",
      `${error.message}. It has ${names.length}: ${names.join(", ")}`,
      {
        status: error.status,
        code: error.code,
        requestId: error.requestId,
        hint: `Delete an unused one, in the console under project ${this.#project}, ` +
          `logstore ${this.#logstore}, Data Consumption, or by DeleteConsumerGroup; or set ` +
          `consumer.group to one of them that you own`,
        cause: error,
      },
    );
  }

  /** UpdateConsumerGroup: sets the given keys, at least one. */
  async update(
    settings: { timeoutSec?: number | undefined; inOrder?: boolean | undefined },
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#send({
      name: `UpdateConsumerGroup of ${this.#name}`,
      method: "PUT",
      path: this.#path,
      json: { timeout: settings.timeoutSec, order: settings.inOrder },
    }, signal);
  }

  /**
   * HeartBeat: reports which shards `consumer` still works on, and returns those that it has.
   * @throws {SlsError} when the call failed, which says nothing about the shards.
   */
  async heartbeat(
    consumer: string,
    shards: readonly number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<HeartbeatAnswer> {
    const name = `HeartBeat of consumer ${consumer} in ${this.#name}`;
    try {
      const granted = await this.#requester.callJson(
        {
          name,
          method: "POST",
          path: this.#path,
          query: { type: "heartbeat", consumer },
          json: shards, // a bare array
          timeoutMs,
          lane: "heartbeat",
        },
        { expected: "an array of shard numbers", check: assignedShards },
        signal,
      );
      return { kind: "granted", shards: granted };
    } catch (error) {
      if (error instanceof SlsError) {
        // The server has two codes for a consumer that it does not know.
        if (error.kind === "consumer_forgotten" || error.kind === "lease_lost") {
          return { kind: "forgotten", message: error.message };
        }
        if (error.kind === "group_missing") {
          return { kind: "group_missing", message: error.message };
        }
      }
      throw error;
    }
  }

  /** GetCheckPoint of one shard; empty when none was ever written. */
  async checkpoint(shard: number, signal?: AbortSignal): Promise<string> {
    const name = `GetCheckPoint of shard ${shard} in ${this.#name}`;
    return await this.#requester.callJson(
      { name, method: "GET", path: this.#path, query: { shard: String(shard) } },
      {
        expected: "an array of checkpoints",
        check: (json) => {
          const rows = checkpointRows(json);
          return rows && checkpointText(rows.find((row) => row.shard === shard)?.checkpoint ?? "");
        },
      },
      signal,
    );
  }

  /**
   * UpdateCheckPoint with `forceSuccess=false`: only the consumer that has the shard can move it.
   * @throws {SlsError} when the call failed, so that it is unknown whether it was written.
   */
  async writeCheckpoint(
    consumer: string,
    shard: number,
    cursor: string,
    signal?: AbortSignal,
  ): Promise<CheckpointAnswer> {
    try {
      await this.#send({
        name: `UpdateCheckPoint of shard ${shard} in ${this.#name}`,
        method: "POST",
        path: this.#path,
        query: { type: "checkpoint", consumer, forceSuccess: "false" },
        json: { shard, checkpoint: cursor },
      }, signal);
      return { kind: "written" };
    } catch (error) {
      if (error instanceof SlsError && REFUSED.has(error.kind)) {
        return { kind: "refused", message: error.message };
      }
      throw error;
    }
  }

  /** GetCheckPoint of all shards that the group knows. */
  async checkpoints(signal?: AbortSignal): Promise<StoredCheckpoint[]> {
    const name = `GetCheckPoint of ${this.#name}`;
    return await this.#requester.callJson(
      { name, method: "GET", path: this.#path },
      { expected: "an array of checkpoints", check: storedCheckpoints },
      signal,
    );
  }

  /**
   * UpdateCheckPoint with `forceSuccess=true` and without a consumer: moves the checkpoint even while a consumer has the
   * shard, which will not notice, and overwrite it.
   */
  async forceCheckpoint(shard: number, cursor: string, signal?: AbortSignal): Promise<void> {
    await this.#send({
      name: `UpdateCheckPoint of shard ${shard} in ${this.#name}`,
      method: "POST",
      path: this.#path,
      query: { type: "checkpoint", consumer: "", forceSuccess: "true" },
      json: { shard, checkpoint: cursor },
    }, signal);
  }

  async #send(call: SlsCall, signal?: AbortSignal): Promise<void> {
    await this.#requester.call(call, signal, async (response) => {
      await response.body?.cancel(); // empty on success
    });
  }
}

/** Refusals that mean that the shard no longer belongs to this consumer. */
const REFUSED = new Set<string>(["lease_lost", "shard_missing", "consumer_forgotten"]);

/** A bare array; one page of the vendor's documentation wraps it. */
function groupList(json: unknown): GroupSettings[] | undefined {
  const groups = valueOf(json, "consumerGroups") ?? json;
  return listOf(groups, "consumer groups", MAX_GROUPS, (item) => {
    const name = stringOf(item, "name");
    const timeout = numberOf(item, "timeout");
    if (name === undefined || timeout === undefined) return undefined;
    return {
      name: nameText("the name of a consumer group", name),
      timeoutSec: groupTimeoutSec(timeout),
      inOrder: groupOrder(valueOf(item, "order")),
    };
  });
}

function storedCheckpoints(json: unknown): StoredCheckpoint[] | undefined {
  return checkpointRows(json)?.map(({ shard, checkpoint, row }) => ({
    shard,
    cursor: shownCheckpoint(checkpoint),
    updatedMs: updateTimeMs(row),
    consumer: consumerName(row),
  }));
}
