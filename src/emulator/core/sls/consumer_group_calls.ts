import type { HttpResponse } from "../http.ts";
import { type CallContext, consumerGroupNotExist, done, jsonAnswer } from "./call_context.ts";
import { GroupState } from "./group_state.ts";
import { parameterInvalid, SlsError } from "./sls_error.ts";

/** The longest timeout of a group. */
const MAX_TIMEOUT_SEC = 86_400;

/** CreateConsumerGroup: `POST /logstores/{logstore}/consumergroups`. */
export function createConsumerGroup(context: CallContext): HttpResponse {
  const { logstore, ports } = context;
  const { consumerGroup, timeout, order } = context.jsonFields();
  if (typeof consumerGroup !== "string" || !/^[0-9a-zA-Z_-]{1,128}$/.test(consumerGroup)) {
    throw wrongFormat();
  }
  const timeoutSec = timeoutOf(timeout);
  if (order !== undefined && typeof order !== "boolean") throw wrongFormat();
  if (logstore.groups.has(consumerGroup)) {
    throw new SlsError(400, "ConsumerGroupAlreadyExist", "consumer group already exist");
  }
  const { consumerGroupsPerLogstore: max } = ports.limits;
  if (logstore.groups.size >= max) {
    const message = `consumer group count exceed the quota ${max}`;
    throw new SlsError(400, "ConsumerGroupQuotaExceed", message);
  }
  const settings = { timeoutSec, order: order ?? false };
  logstore.groups.set(consumerGroup, new GroupState(settings, ports.clock));
  return done;
}

/** ListConsumerGroup: `GET /logstores/{logstore}/consumergroups`; a bare array. */
export function listConsumerGroup({ logstore }: CallContext): HttpResponse {
  return jsonAnswer([...logstore.groups].map(([name, { settings }]) => ({
    name, // `consumerGroup` in the request that creates it
    timeout: settings.timeoutSec,
    order: settings.order,
  })));
}

/** UpdateConsumerGroup: `PUT …/consumergroups/{group}` with `timeout`, `order` or both. */
export function updateConsumerGroup(context: CallContext): HttpResponse {
  const { group } = context;
  const { timeout, order } = context.jsonFields();
  if (timeout === undefined && order === undefined) throw wrongFormat();
  if (order !== undefined && typeof order !== "boolean") throw wrongFormat();
  group.update({
    ...(timeout !== undefined ? { timeoutSec: timeoutOf(timeout) } : {}),
    ...(order !== undefined ? { order } : {}),
  });
  return done;
}

/** DeleteConsumerGroup: `DELETE …/consumergroups/{group}`, with its checkpoints. */
export function deleteConsumerGroup(context: CallContext): HttpResponse {
  const { logstore, names } = context;
  if (!logstore.groups.delete(names.group)) throw consumerGroupNotExist();
  return done;
}

/** HeartBeat: `POST …/consumergroups/{group}?type=heartbeat&consumer=…`; arrays of shard ids. */
export function heartBeat(context: CallContext): HttpResponse {
  const { group, logstore, ports, names, ref } = context;
  const consumer = context.required("consumer");
  const reported = context.json();
  if (!Array.isArray(reported) || !reported.every((id) => Number.isSafeInteger(id))) {
    throw new SlsError(400, "JsonInfoInvalid", "heartbeat message is not an array of shard ids");
  }
  const answered = group.heartbeat(consumer, reported, logstore.shardFacts());
  ports.observer.onHeartbeat?.({ ...ref, group: names.group, consumer, reported, answered });
  return jsonAnswer(answered);
}

/** GetCheckPoint: `GET …/consumergroups/{group}`, of all shards or of `?shard=…`. */
export function getCheckPoint(context: CallContext): HttpResponse {
  const { group, logstore, request } = context;
  const shard = request.query.get("shard");
  if (shard !== null && !/^\d{1,9}$/.test(shard)) throw parameterInvalid("invalid shard id");
  return jsonAnswer(
    group.shards(logstore.shardFacts())
      .filter(({ id }) => shard === null || id === Number(shard))
      .map(({ id, checkpoint, updateTimeUs, owner }) => ({
        shard: id,
        checkpoint,
        updateTime: updateTimeUs,
        consumer: owner,
      })),
  );
}

/**
 * UpdateCheckPoint: `POST …/consumergroups/{group}?type=checkpoint&consumer=…&forceSuccess=…`. The
 * Python SDK writes `True`, so case is ignored; absent means false.
 */
export function updateCheckPoint(context: CallContext): HttpResponse {
  const { group, logstore, ports, request, names, ref } = context;
  const { shard, checkpoint } = context.jsonFields();
  if (typeof shard !== "number" || typeof checkpoint !== "string") {
    throw new SlsError(400, "JsonInfoInvalid", "shard or checkpoint is of error format");
  }
  const consumer = request.query.get("consumer") ?? "";
  const force = request.query.get("forceSuccess")?.toLowerCase() === "true";
  const update = { consumer, shard, checkpoint, force };
  const previousCursor = group.updateCheckpoint(update, logstore.shardFacts());
  const { log } = logstore.shard(shard);
  ports.observer.onCheckpoint?.({
    ...ref,
    group: names.group,
    shard,
    consumer,
    cursor: checkpoint,
    previousCursor,
    position: log.positionOf(checkpoint),
    previousPosition: log.positionOf(previousCursor),
  });
  return done;
}

function timeoutOf(timeout: unknown): number {
  if (
    typeof timeout !== "number" || !Number.isInteger(timeout) || timeout < 1 ||
    timeout > MAX_TIMEOUT_SEC
  ) {
    throw wrongFormat();
  }
  return timeout;
}

function wrongFormat(): SlsError {
  return new SlsError(400, "JsonInfoInvalid", "consumerGroup or timeout is of error format");
}
