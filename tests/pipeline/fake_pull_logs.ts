import { compress, type Compression } from "../../src/emulator/core/sls/compression.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { LogGroup } from "../../src/emulator/core/sls/log_group.ts";
import type { PageTooBig, PulledPage, PullRequest, RoomFor } from "../../src/sls/pull_logs.ts";
import { cursorOf, pageBytes } from "./pages.ts";

/** What a pull does in place of answering as it should. */
export type PullFault =
  | Error
  | "hang"
  /** The head comes, and nothing behind it until the pull is ended. */
  | "stall"
  /** The body does not decompress. */
  | "corrupt"
  /** The page is cut off after this many groups, which its header does not say. */
  | { readonly cutBehind: number };

/** One shard that gives its log groups page by page, as PullLogs does; in memory. */
export class FakePullLogs {
  /** The shard's log groups; the first has cursor number 0. */
  groups: LogGroup[] = [];
  compression: Compression = "deflate";
  /** What the server says of the end; `silent` when it says nothing. */
  tellsTheEnd: "truly" | "silent" = "truly";
  /** Groups that a query lets through; without one, all. */
  query: ((group: LogGroup) => boolean) | undefined;
  /** Logs that the query is said to have failed on, in each page. */
  failedLogs = 0;
  /** Most groups in one page, whatever is asked for. */
  mostGroups = 1000;
  /** The same for the page at one cursor. */
  mostGroupsAt: (cursor: number) => number = () => this.mostGroups;
  /** How long an answer takes to come; without it, no time. */
  roundTrip: { readonly clock: Clock; readonly ms: number } | undefined;
  /** What fails, asked at each pull. */
  fault: (request: PullRequest) => PullFault | undefined = () => undefined;

  readonly requests: PullRequest[] = [];
  /** Pulls that hold room now. */
  inFlight = 0;
  mostInFlight = 0;

  /** The cursors that were asked for, as numbers. */
  get asked(): number[] {
    return this.requests.map(({ cursor }) => Number(atob(cursor)));
  }

  async pull(
    request: PullRequest,
    roomFor: RoomFor,
    signal?: AbortSignal,
  ): Promise<PulledPage | PageTooBig> {
    signal?.throwIfAborted();
    this.requests.push(request);
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await Promise.resolve();
      const fault = this.fault(request);
      if (fault instanceof Error) throw fault;
      if (fault === "hang") await this.#hang(signal);
      await this.#clockDelay(signal);
      const answer = this.#answer(request, roomFor, fault);
      if (fault === "stall") await this.#hang(signal);
      signal?.throwIfAborted();
      return answer;
    } finally {
      this.inFlight--;
    }
  }

  #answer(
    { cursor, count }: PullRequest,
    roomFor: RoomFor,
    fault: PullFault | undefined,
  ): PulledPage | PageTooBig {
    const from = Number(atob(cursor));
    const scanned = this.groups.slice(from, from + Math.min(count, this.mostGroupsAt(from)));
    const wanted = this.query ? scanned.filter(this.query) : scanned;
    const sent = typeof fault === "object" && "cutBehind" in fault
      ? wanted.slice(0, fault.cutBehind)
      : wanted;
    const raw = pageBytes(sent);
    const body = compress(this.compression, raw);
    if (fault === "corrupt") body.fill(0xff);
    const next = from + scanned.length;
    const head = {
      kind: "page" as const,
      compressType: this.compression || undefined,
      rawBytes: raw.length,
      groupCount: wanted.length,
      nextCursor: cursorOf(next),
      endOfShard: this.tellsTheEnd === "silent" ? undefined : next === this.groups.length,
      scannedBytes: pageBytes(scanned).length,
      scannedGroups: scanned.length,
      unfiltered: this.query === undefined,
      filtered: this.query && { logs: logsIn(scanned) - logsIn(wanted), failed: this.failedLogs },
    };
    if (raw.length === 0) return { ...head, body: new Uint8Array(0) };
    const room = roomFor(body.length, raw.length, head);
    if (!room) return { kind: "too_big", bodyBytes: body.length, rawBytes: raw.length };
    room.body.set(body);
    return { ...head, body: room.body.subarray(0, body.length) };
  }

  async #clockDelay(signal: AbortSignal | undefined): Promise<void> {
    if (this.roundTrip) await this.roundTrip.clock.sleep(this.roundTrip.ms, signal);
  }

  async #hang(signal: AbortSignal | undefined): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    await promise;
  }
}

function logsIn(groups: readonly LogGroup[]): number {
  return groups.reduce((sum, { logs }) => sum + logs.length, 0);
}
