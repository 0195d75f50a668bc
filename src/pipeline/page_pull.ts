import type { TokenBucket } from "../base/token_bucket.ts";
import { isLz4, openPage } from "../sls/decompress.ts";
import type {
  BeforeQuery,
  FilteredLogs,
  PageHead,
  PulledPage,
  PullLogs,
} from "../sls/pull_logs.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare, Reservation } from "./memory_budget.ts";

/** A page in memory. Disposing gives the memory back. */
export interface OpenPage extends Disposable {
  readonly kind: "page";
  /** Where it was pulled. */
  readonly cursor: string;
  readonly nextCursor: string;
  readonly groupCount: number;
  /** LogGroupList bytes, or one LZ4 block of them, which the core opens itself; valid until it is disposed. */
  readonly body: Uint8Array;
  readonly isLz4: boolean;
  /** Bytes of the LogGroupList, as announced. */
  readonly rawBytes: number;
  /** Whether log group i has the page's cursor + i. */
  readonly unfiltered: boolean;
  /** What a query left out, as far as the server says. */
  readonly filtered?: FilteredLogs | undefined;
  /** What the server read for it, with a query. */
  readonly beforeQuery?: BeforeQuery | undefined;
}

/** What a pull came to. */
export type PullResult =
  | OpenPage
  | { readonly kind: "nothing_new" }
  /** It needs so much memory, which could not be had at once; nothing was read. */
  | { readonly kind: "too_big"; readonly bytes: number };

export interface PagePullOptions {
  readonly shard: number;
  readonly pullLogs: Pick<PullLogs, "pull">;
  readonly query: string | undefined;
  readonly processor: string | undefined;
  /** Reserved before a page is pulled, so that a slow Splunk stops the pulling. */
  readonly pageMemory: MemoryShare;
  /** For bodies as they come. */
  readonly pageBuffers: BufferPool;
  readonly rate: TokenBucket;
}

/** What one pull asks for. */
export interface PullOrder {
  readonly cursor: string;
  readonly count: number;
  /** Gives the memory to have before it is asked for. */
  readonly reserve: (signal: AbortSignal) => Promise<Reservation>;
}

/** One pull under way: its head comes first, then its page. */
export class PagePull {
  readonly cursor: string;
  readonly count: number;
  /** What the head tells, once there is room for the page; undefined when it failed or has no room. */
  readonly head: Promise<PageHead | undefined>;
  readonly result: Promise<PullResult>;
  /** Whether the head has come, or never will. */
  headIsIn = false;
  /** What the page takes while it is opened; 0 before the head is in and for an empty page. */
  bytes = 0;
  readonly #options: PagePullOptions;
  readonly #stop = new AbortController();
  readonly #tellHead: (head: PageHead | undefined) => void;

  constructor(
    { cursor, count, reserve }: PullOrder,
    revoked: AbortSignal,
    options: PagePullOptions,
  ) {
    this.cursor = cursor;
    this.count = count;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<PageHead | undefined>();
    this.head = promise;
    this.#tellHead = (head) => {
      this.headIsIn = true;
      resolve(head);
    };
    this.result = this.#run(reserve, AbortSignal.any([revoked, this.#stop.signal]));
    // Its failure is met when its turn comes, which may be after others.
    this.result.catch(() => {});
  }

  /** Whether a page that moves the cursor has begun to come. */
  async hasPage(): Promise<boolean> {
    const head = await this.head;
    return head !== undefined && head.nextCursor !== this.cursor;
  }

  /** Ends it and gives back what it holds, also a page that has come. */
  async drop(): Promise<void> {
    this.#stop.abort(new DOMException("The pull is not needed", "AbortError"));
    const [settled] = await Promise.allSettled([this.result]);
    if (settled.status === "fulfilled" && settled.value.kind === "page") {
      settled.value[Symbol.dispose]();
    }
  }

  async #run(reserve: PullOrder["reserve"], signal: AbortSignal): Promise<PullResult> {
    let reservation: Reservation | undefined;
    let result: PullResult | undefined;
    try {
      reservation = await reserve(signal);
      await this.#options.rate.take(1, signal);
      return result = await this.#pull(reservation, signal);
    } finally {
      if (result?.kind !== "page") reservation?.[Symbol.dispose]();
      this.#tellHead(undefined);
    }
  }

  async #pull(reservation: Reservation, signal: AbortSignal): Promise<PullResult> {
    const { pullLogs, shard, query, processor, pageBuffers } = this.#options;
    const { cursor, count } = this;
    let body: Uint8Array<ArrayBuffer> | undefined;
    let bytes = 0;
    try {
      const pulled = await pullLogs.pull(
        { shard, cursor, count, query, processor },
        (bodyBytes, rawBytes, head) => {
          bytes = this.#bytesFor(bodyBytes, rawBytes, head);
          if (!reservation.grow(bytes)) return undefined;
          this.bytes = bytes;
          body = pageBuffers.take(bodyBytes);
          this.#tellHead(head);
          return { body };
        },
        signal,
      );
      if (pulled.kind === "too_big") {
        return { kind: "too_big", bytes };
      }
      this.#tellHead(pulled); // an empty page needs no room
      if (pulled.nextCursor === cursor) return { kind: "nothing_new" };
      const kept = body;
      body = undefined;
      return this.#open(pulled, kept, reservation);
    } finally {
      if (body) pageBuffers.give(body);
    }
  }

  #open(
    page: PulledPage,
    body: Uint8Array<ArrayBuffer> | undefined,
    reservation: Reservation,
  ): OpenPage {
    const { pageBuffers } = this.#options;
    const { rawBytes, compressType, groupCount, nextCursor, unfiltered } = page;
    const lz4 = isLz4(compressType);
    let content: Uint8Array = page.body;
    let kept = body;
    try {
      if (rawBytes > 0 && !lz4) content = openPage(page.body, compressType, rawBytes);
    } finally {
      if (kept && kept.buffer !== content.buffer) { // opened into memory of its own, or broken
        pageBuffers.give(kept);
        kept = undefined;
      }
    }
    reservation.shrink(kept ? kept.length : Math.max(1, rawBytes));
    return {
      kind: "page",
      cursor: this.cursor,
      nextCursor,
      groupCount,
      body: content,
      isLz4: lz4,
      rawBytes,
      unfiltered,
      filtered: page.filtered,
      beforeQuery: page.beforeQuery,
      [Symbol.dispose]: () => {
        if (kept) pageBuffers.give(kept);
        kept = undefined;
        reservation[Symbol.dispose]();
      },
    };
  }

  /** For its body, and for what comes out of it unless the core opens it into its own memory. */
  #bytesFor(bodyBytes: number, rawBytes: number, { compressType }: PageHead): number {
    const { pageBuffers } = this.#options;
    const opened = isLz4(compressType) ? 0 : pageBuffers.capacityFor(rawBytes);
    return pageBuffers.capacityFor(bodyBytes) + opened;
  }
}
