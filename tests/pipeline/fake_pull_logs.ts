import { compress, type Compression } from "../../src/emulator/sls/compression.ts";
import type { LogGroup } from "../../src/emulator/sls/log_group.ts";
import type { PageRoom, PageTooBig, PulledPage, PullRequest } from "../../src/sls/pull_logs.ts";
import { cursorOf, pageBytes } from "./pages.ts";

/** What a pull does in place of answering as it should. */
export type PullFault =
  | Error
  | "hang"
  /** The body does not decompress. */
  | "corrupt"
  /** The page is cut off behind so many groups, which its header does not say. */
  | { readonly cutBehind: number };

type RoomFor = (bodyBytes: number, rawBytes: number) => PageRoom | undefined;

/** One shard that gives its log groups page by page, as PullLogs does; in memory. */
export class FakePullLogs {
  /** The shard's log groups; the first has cursor number 0. */
  groups: LogGroup[] = [];
  compression: Compression = "deflate";
  /** What the server says of the end; `silent` when it says nothing. */
  tellsTheEnd: "truly" | "silent" = "truly";
  /** Groups that a query lets through; without one, all. */
  query: ((group: LogGroup) => boolean) | undefined;
  /** Most groups in one page, whatever is asked for. */
  mostGroups = 1000;
  /** What goes wrong, asked anew at each pull. */
  fault: (request: PullRequest) => PullFault | undefined = () => undefined;

  readonly requests: PullRequest[] = [];
  /** Pulls that hold room now. */
  inFlight = 0;

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
    try {
      await Promise.resolve();
      const fault = this.fault(request);
      if (fault instanceof Error) throw fault;
      const answer = this.#answer(request, roomFor, fault);
      if (fault === "hang") await this.#hang(signal); // while the body comes
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
    const scanned = this.groups.slice(from, from + Math.min(count, this.mostGroups));
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
    };
    if (raw.length === 0) return { ...head, body: new Uint8Array(0) };
    const room = roomFor(body.length, raw.length);
    if (!room) return { kind: "too_big", bodyBytes: body.length, rawBytes: raw.length };
    room.body.set(body);
    return { ...head, body: room.body.subarray(0, body.length) };
  }

  async #hang(signal: AbortSignal | undefined): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    await promise;
  }
}
