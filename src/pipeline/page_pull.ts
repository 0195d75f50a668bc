import type { TokenBucket } from "../base/token_bucket.ts";
import { isLz4, openPage } from "../sls/decompress.ts";
import type { PageHead, PageRoom, PulledPage } from "../sls/pull_logs.ts";
import type { OpenPage } from "./open_page.ts";
import type { Reservation } from "./memory_budget.ts";
import type { SourceContext } from "./source_context.ts";

/** The result of a pull. */
export type PullResult =
  | OpenPage
  | { readonly kind: "nothing_new" }
  /** It needs this much memory, which was not free; nothing was read. */
  | { readonly kind: "too_big"; readonly bytes: number };

/** What one pull asks for. */
export interface PullOrder {
  readonly shard: number;
  readonly cursor: string;
  /** Most log groups. */
  readonly count: number;
  /** Exclusive; no end when left out. */
  readonly endCursor: string | undefined;
  /** The memory for the page, which the pull gives back; it reserves some before its request when undefined. */
  readonly reservation: Reservation | undefined;
  /** How much it reserves then. */
  readonly reserveBytes: number;
  /** Bounds the shard's requests a second. */
  readonly requestRate: TokenBucket;
}

/** One pull under way: its head comes first, then its page. */
export class PagePull {
  readonly cursor: string;
  readonly count: number;
  /** What the head says, once there is room for the page; undefined when it failed or has no room. */
  readonly head: Promise<PageHead | undefined>;
  readonly result: Promise<PullResult>;
  /** Whether the head has come, or never will. */
  headIsIn = false;
  /** What the page takes while it is opened; 0 before the head is in and for an empty page. */
  bytes = 0;
  readonly #context: SourceContext;
  readonly #order: PullOrder;
  readonly #stop = new AbortController();
  /** The memory of the body, once the head has come. */
  #body: Uint8Array<ArrayBuffer> | undefined;
  readonly #resolveHead: (head: PageHead | undefined) => void;

  /** Starts the pull. */
  constructor(context: SourceContext, order: PullOrder, stop: AbortSignal) {
    this.cursor = order.cursor;
    this.count = order.count;
    this.#context = context;
    this.#order = order;
    const { promise, resolve } = Promise.withResolvers<PageHead | undefined>();
    this.head = promise;
    this.#resolveHead = (head) => {
      this.headIsIn = true;
      resolve(head);
    };
    this.result = this.#run(AbortSignal.any([stop, this.#stop.signal]));
    // Its failure is handled when its turn comes, which may be after others.
    this.result.catch(() => {});
  }

  /** Whether a page that moves the cursor has begun to come. */
  async hasPage(): Promise<boolean> {
    const head = await this.head;
    return head !== undefined && head.nextCursor !== this.cursor;
  }

  /** Ends it and gives back what it has, including a page that has come. */
  async drop(): Promise<void> {
    this.#stop.abort(new DOMException("The pull is not needed", "AbortError"));
    const [settled] = await Promise.allSettled([this.result]);
    if (settled.status === "fulfilled" && settled.value.kind === "page") {
      settled.value[Symbol.dispose]();
    }
  }

  async #run(signal: AbortSignal): Promise<PullResult> {
    const { pullLogs, pulls: { query, processor, rate }, pageMemory, pageBuffers } = this.#context;
    const { shard, cursor, count, endCursor, reserveBytes, requestRate } = this.#order;
    let { reservation } = this.#order;
    let page: OpenPage | undefined;
    try {
      reservation ??= await pageMemory.reserve(reserveBytes, signal);
      await requestRate.take(1, signal);
      using slot = await rate?.wait(signal);
      const pulled = await pullLogs.pull(
        { shard, cursor, count, endCursor, query, processor },
        (bodyBytes, rawBytes, head) => this.#makeRoom(reservation!, bodyBytes, rawBytes, head),
        signal,
      );
      if (pulled.kind === "too_big") return { kind: "too_big", bytes: this.bytes };
      if (slot) slot.bytes = pulled.scannedBytes;
      this.#resolveHead(pulled); // an empty page needs no room
      if (pulled.nextCursor === cursor) return { kind: "nothing_new" };
      return page = this.#open(pulled, reservation);
    } finally {
      if (!page) {
        if (this.#body) pageBuffers.give(this.#body);
        reservation?.[Symbol.dispose]();
      }
      this.#resolveHead(undefined);
    }
  }

  /** Takes memory for the body, and for what comes out of it unless the core opens it into its own memory. */
  #makeRoom(
    reservation: Reservation,
    bodyBytes: number,
    rawBytes: number,
    head: PageHead,
  ): PageRoom | undefined {
    const { pageBuffers } = this.#context;
    const openedBytes = isLz4(head.compressType) ? 0 : pageBuffers.capacityFor(rawBytes);
    this.bytes = pageBuffers.capacityFor(bodyBytes) + openedBytes;
    if (!reservation.grow(this.bytes)) return undefined;
    this.#body = pageBuffers.take(bodyBytes);
    this.#resolveHead(head);
    return { body: this.#body };
  }

  #open(page: PulledPage, reservation: Reservation): OpenPage {
    const { pageBuffers } = this.#context;
    const { rawBytes, compressType, groupCount, nextCursor, unfiltered } = page;
    const lz4 = isLz4(compressType);
    const content = rawBytes > 0 && !lz4 ? openPage(page.body, compressType, rawBytes) : page.body;
    let kept = this.#body;
    if (kept && kept.buffer !== content.buffer) { // opened into its own memory
      pageBuffers.give(kept);
      kept = undefined;
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
}
