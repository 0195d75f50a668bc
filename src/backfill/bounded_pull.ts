import type { PageTooBig, PulledPage, PullLogs, PullRequest, RoomFor } from "../sls/pull_logs.ts";
import { SlsError } from "../sls/sls_error.ts";
import { groupsBetween } from "../base/cursor.ts";
import { isAtEnd } from "./backfill_plan.ts";
import type { PullRate } from "./pull_rate.ts";

/** PullLogs that stops at an end in each shard, and keeps to a rate. */
export class BoundedPull implements Pick<PullLogs, "pull"> {
  readonly #pull: Pick<PullLogs, "pull">;
  readonly #endOf: (shard: number) => string;
  readonly #rate: PullRate | undefined;

  constructor(
    pull: Pick<PullLogs, "pull">,
    endOf: (shard: number) => string,
    rate: PullRate | undefined,
  ) {
    this.#pull = pull;
    this.#endOf = endOf;
    this.#rate = rate;
  }

  async pull(
    request: PullRequest,
    roomFor: RoomFor,
    signal?: AbortSignal,
  ): Promise<PulledPage | PageTooBig> {
    const { shard, cursor, count } = request;
    const endCursor = this.#endOf(shard);
    if (isAtEnd(cursor, endCursor)) return nothingMore(request);
    // Never behind the end, also where a server does not know end_cursor.
    const most = Math.min(count, groupsBetween(cursor, endCursor) ?? count);
    const bounded = { ...request, endCursor, count: most };
    const slot = await this.#rate?.wait(signal);
    let bytes = 0;
    try {
      const page = await this.#pull.pull(bounded, roomFor, signal);
      if (page.kind === "too_big") return page;
      bytes = page.scannedBytes;
      if (page.nextCursor === cursor) {
        throw new SlsError(
          "bad_answer",
          `Cannot read shard ${shard} on: SLS has nothing at cursor ${cursor}, expected log groups ` +
            `up to cursor ${endCursor}`,
        );
      }
      return page;
    } finally {
      slot?.used(bytes);
    }
  }
}

/** What a server answers at the end. */
function nothingMore({ cursor }: PullRequest): PulledPage {
  return {
    kind: "page",
    body: new Uint8Array(0),
    compressType: undefined,
    rawBytes: 0,
    groupCount: 0,
    nextCursor: cursor,
    endOfShard: true,
    scannedBytes: 0,
    scannedGroups: 0,
    unfiltered: true,
    filtered: undefined,
  };
}
