import type { ShardStart } from "../base/cursor.ts";
import { listOf, numberOf, stringOf, withoutDoubles } from "./json_answer.ts";
import type { SlsRequester } from "./requester.ts";
import { cursorText, cursorTimeSec, MAX_SHARDS, shardNumber } from "./sls_values.ts";

/** A shard as ListShards shows it. */
export interface Shard {
  /** Its number. */
  readonly shard: number;
  /** `readonly` since it was split or merged: nothing more is written to it. */
  readonly readOnly: boolean;
}

/** The calls about shards and their cursors, for one logstore. */
export class Shards {
  readonly #requester: SlsRequester;
  /** `project/logstore`, for messages. */
  readonly #name: string;
  readonly #path: string;

  /**
   * Makes the calls about one logstore.
   * @param requester Of the project.
   */
  constructor(requester: SlsRequester, project: string, logstore: string) {
    this.#requester = requester;
    this.#name = `${project}/${logstore}`;
    this.#path = `/logstores/${encodeURIComponent(logstore)}/shards`;
  }

  /** ListShards. */
  async list(signal?: AbortSignal): Promise<Shard[]> {
    return await this.#requester.callJson(
      { name: `ListShards of ${this.#name}`, method: "GET", path: this.#path },
      { expected: "an array of shards", check: shardList },
      signal,
    );
  }

  /** GetCursor. Times are those at which the server received the logs, never those in the logs. */
  async cursorAt(shard: number, place: ShardStart, signal?: AbortSignal): Promise<string> {
    const from = typeof place === "string" ? place : String(place.unixSec);
    return await this.#requester.callJson(
      {
        name: `GetCursor "${from}" of ${this.#name} shard ${shard}`,
        method: "GET",
        path: `${this.#path}/${shard}`,
        query: { type: "cursor", from },
      },
      {
        expected: "a cursor",
        check: (json) => {
          const cursor = stringOf(json, "cursor");
          return cursor ? cursorText("a cursor", cursor) : undefined;
        },
      },
      signal,
    );
  }

  /** GetCursorTime: when the log group at the cursor was received, in seconds since 1970. */
  async cursorTimeSec(shard: number, cursor: string, signal?: AbortSignal): Promise<number> {
    return await this.#requester.callJson(
      {
        name: `GetCursorTime of ${this.#name} shard ${shard}`,
        method: "GET",
        path: `${this.#path}/${shard}`,
        query: { type: "cursor_time", cursor },
      },
      {
        expected: "a cursor_time",
        check: (json) => {
          const time = numberOf(json, "cursor_time");
          return time === undefined ? undefined : cursorTimeSec(time);
        },
      },
      signal,
    );
  }

  /** The server's time, in milliseconds since 1970, as far as its answers have shown it. */
  serverNowMs(): number {
    return this.#requester.serverNowMs;
  }
}

function shardList(json: unknown): Shard[] | undefined {
  const shards = listOf(json, "shards", MAX_SHARDS, (item) => {
    const shard = numberOf(item, "shardID"); // here; `shard` in checkpoints
    const status = stringOf(item, "status");
    if (shard === undefined || status === undefined) return undefined;
    return { shard: shardNumber(shard), readOnly: status.toLowerCase() === "readonly" };
  });
  return shards && withoutDoubles(shards, "shards", ({ shard }) => shard);
}
