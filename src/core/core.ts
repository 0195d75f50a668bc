import type { CoreExports } from "./core_exports.ts";
import { module } from "./core_module.js";
import type { CoreLimits, CorePage } from "./core_page.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { atLeast, layOut, type Regions, type RegionSizes, USUAL_REGIONS } from "./regions.ts";

const WASM_PAGE_BYTES = 65_536;
const PLACE_BYTES = 32;
const SLACK_BYTES = 64;
/** Matches that the encoder keeps before it writes a block of them. */
const TOKENS_BYTES = 512 * 1024;
/** No byte of an LZ4 block stands for more. */
const MOST_LZ4_GROWTH = 255;
/** Memory cannot shrink: a workspace larger than this is replaced. */
const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/** Why filling stopped, in the order of the core's numbers. */
const FILL_ENDS = ["page_end", "full", "oversize", "malformed", "needs_room"] as const;
export type CoreEnd = Exclude<typeof FILL_ENDS[number], "needs_room">;

const FAILURES = [
  "",
  "a number or a field runs past its message",
  "a number of more than ten bytes",
  "a length or a field number of too many bits",
  "a field of number 0",
];
const WIRE_TYPE = 16;

/**
 * One workspace: the Wasm module that does all work on the bytes of a page, with its memory. One for all
 * shards of an isolate: a page or a draft that must make room for another is put back when it goes on.
 */
export class Core {
  /** Events of the last fill, its lone one among them, whose time cannot be meant: see `CorePage.newestSec`. */
  oddTimes = 0;
  #core!: CoreExports;
  #regions!: Regions;
  #memory!: Uint8Array<ArrayBuffer>;
  /** The page in the memory. */
  #current: CorePage | undefined;
  /** Where the others stand that were begun. */
  readonly #places = new WeakMap<CorePage, Uint8Array>();
  /** The draft whose events are in the memory. */
  #draft: BatchBuffer | undefined;

  constructor() {
    this.#renew();
  }

  /**
   * Compresses by deflate (RFC 1951), best for events that repeat the members of those before.
   * @param plain May be `eventsOf` a draft, which is not copied; the draft is to be cleared then.
   * @returns a view of the result, valid until the next call of anything here.
   */
  deflate(plain: Uint8Array): Uint8Array {
    const { events } = this.#regions;
    const { length } = plain;
    const isHere = plain.buffer === this.#memory.buffer && plain.byteOffset === events;
    if (!isHere) this.#putDraftAside();
    const tokens = events + length + SLACK_BYTES;
    const to = tokens + TOKENS_BYTES + SLACK_BYTES;
    // A literal takes 12 bits at most, and a block's head less than 200 bytes.
    this.#grow(to + length * 2 + 8192 + SLACK_BYTES);
    if (!isHere) this.#memory.set(plain, events);
    const packed = this.#core.deflate(events, length, tokens, TOKENS_BYTES, to);
    return this.#memory.subarray(to, to + packed);
  }

  /**
   * Starts a page, and reads its frame through.
   * @returns how many log groups it has; `corrupt` when its block does not hold what was announced, or
   * `malformed` when it is no LogGroupList, and `failure` then says why. Only the logs themselves may still
   * turn out malformed.
   */
  begin(page: CorePage): number | "corrupt" | "malformed" {
    this.#leave();
    // What one huge page needed is not kept for the usual ones.
    const isUsual = page.rawBytes <= USUAL_REGIONS.raw;
    if (isUsual && this.#memory.length > MOST_KEPT_BYTES) this.#renew();
    if (!this.#put(page)) return "corrupt";
    this.#current = page;
    const { raw } = this.#regions;
    const groups = this.#core.beginPage(raw, page.rawBytes, Number(!page.cursorCounts));
    return groups < 0 ? "malformed" : groups;
  }

  /** Why the page or the log that was read last is malformed; names where, never what. */
  get failure(): { readonly what: string; readonly offset: number } {
    const code = this.#core.failure.value as number;
    return {
      what: code >= WIRE_TYPE ? `a field of wire type ${code - WIRE_TYPE}` : FAILURES[code]!,
      offset: (this.#core.failureAt.value as number) - this.#regions.raw,
    };
  }

  /** Writes the page's next events into the draft, behind those that it has. */
  fill(page: CorePage, draft: BatchBuffer, limits: CoreLimits): CoreEnd {
    this.#enter(page);
    const { maxBytes, maxEvents, maxEventBytes } = limits;
    this.oddTimes = 0;
    for (;;) {
      this.#enterDraft(draft);
      const core = this.#core;
      core.setNewestTime(page.newestSec ?? 0xffff_ffff);
      const { byteLength, count } = draft;
      const code = core.fillBatch(byteLength, count, maxBytes, maxEvents, maxEventBytes);
      draft.byteLength = core.batchBytes.value as number;
      draft.count = core.batchEvents.value as number;
      this.oddTimes += core.oddTimes.value as number;
      const end = FILL_ENDS[code]!;
      if (end !== "needs_room") return end;
      this.#makeRoom();
    }
  }

  /** The draft's events, one after the other, in the workspace; valid until the next call of anything here. */
  eventsOf(draft: BatchBuffer): Uint8Array<ArrayBuffer> {
    this.#enterDraft(draft);
    const { events } = this.#regions;
    return this.#memory.subarray(events, events + draft.byteLength);
  }

  /** Where each of the draft's events ends; valid as they are. */
  endsOf(draft: BatchBuffer): Uint32Array<ArrayBuffer> {
    this.#enterDraft(draft);
    return new Uint32Array(this.#memory.buffer, this.#regions.ends, draft.count);
  }

  /** Adds an event to the draft that comes from elsewhere. */
  append(draft: BatchBuffer, event: Uint8Array): void {
    if (this.#draft === draft) this.#putDraftAside();
    draft.append(event);
  }

  /** Empties the draft. */
  clear(draft: BatchBuffer): void {
    if (this.#draft === draft) this.#draft = undefined;
    draft.count = draft.byteLength = 0;
  }

  /**
   * The event that filling stopped at, by `oversize` or `malformed`, which is not in the draft; valid until
   * the next call of anything here.
   */
  get lone(): Uint8Array {
    const from = this.#regions.events + (this.#core.batchBytes.value as number);
    return this.#memory.subarray(from, from + (this.#core.loneBytes.value as number));
  }

  /** Brings the draft's events into the memory. */
  #enterDraft(draft: BatchBuffer): void {
    if (this.#draft === draft) return;
    this.#putDraftAside();
    const { byteLength, count } = draft;
    if (byteLength > this.#regions.sizes.events) {
      this.#layOut(atLeast(this.#regions.sizes, { events: byteLength }));
      if (this.#current) this.#resume(this.#current);
    }
    if (count > 0) {
      this.#memory.set(draft.events, this.#regions.events);
      new Uint32Array(this.#memory.buffer, this.#regions.ends).set(draft.ends);
    }
    this.#draft = draft;
  }

  #putDraftAside(): void {
    const draft = this.#draft;
    if (draft && draft.count > 0) draft.putAside(this.eventsOf(draft), this.endsOf(draft));
    this.#draft = undefined;
  }

  /** Puts the page back that has made room for another. */
  #enter(page: CorePage): void {
    if (this.#current === page) return;
    this.#leave();
    const place = this.#places.get(page);
    if (!place) {
      throw new Error("Cannot fill a batch: the page was not begun, or has been given up");
    }
    if (!this.#put(page)) throw new Error("Cannot go on with a page: its body has changed");
    this.#current = page;
    this.#place().set(place);
    this.#resume(page);
  }

  #leave(): void {
    if (this.#current) this.#places.set(this.#current, this.#place().slice());
    this.#current = undefined;
  }

  #place(): Uint8Array {
    return this.#memory.subarray(this.#core.place(), this.#core.place() + PLACE_BYTES);
  }

  #resume(page: CorePage): void {
    while (!this.#core.resumePage(Number(!page.cursorCounts))) this.#makeRoom();
  }

  /** Puts a page into the memory. @returns whether its body holds as many bytes as announced. */
  #put(page: CorePage): boolean {
    const { mapping, cursor, rawBytes, isLz4, body } = page;
    // What cannot be is refused before memory is made for it.
    if (isLz4 && rawBytes > body.length * MOST_LZ4_GROWTH) return false;
    const parts = [mapping.host, mapping.metadata, mapping.id, cursor, mapping.expand];
    const mappingBytes = parts.reduce((sum, { length }) => sum + length, 0);
    const { sizes } = this.#regions;
    if (mappingBytes > sizes.mapping || rawBytes > sizes.raw) {
      this.#layOut(atLeast(sizes, { mapping: mappingBytes, raw: rawBytes }));
    }
    const regions = this.#regions;
    let at = regions.mapping;
    for (const part of parts) {
      this.#memory.set(part, at);
      at += part.length;
    }
    this.#core.setRoute(
      regions.mapping,
      mapping.host.length,
      mapping.metadata.length,
      mapping.id.length,
      cursor.length,
      mapping.expand.length,
      Number(page.cursorCounts),
      Number(mapping.asText),
    );
    return this.#open(page) === rawBytes;
  }

  /** Writes the page's bytes to their region. @returns how many there are, or -1. */
  #open({ body, isLz4, rawBytes }: CorePage): number {
    const { raw, events } = this.#regions;
    if (body.length === 0) return 0;
    if (!isLz4) {
      if (body.length === rawBytes) this.#memory.set(body, raw);
      return body.length;
    }
    let at = events + (this.#draft?.byteLength ?? 0) + SLACK_BYTES;
    if (at + body.length > this.#regions.ends) {
      this.#putDraftAside();
      at = events;
    }
    this.#grow(at + body.length + SLACK_BYTES);
    this.#memory.set(body, at);
    // A block can look complete though it is cut: its length is compared, too.
    return this.#core.lz4(at, body.length, raw, rawBytes);
  }

  /** Makes the regions as large as the core has asked for; the page stays. */
  #makeRoom(): void {
    const core = this.#core;
    this.#layOut(atLeast(this.#regions.sizes, {
      group: core.groupNeeded.value as number,
      events: core.eventsNeeded.value as number,
      members: core.membersNeeded.value as number,
      text: core.textNeeded.value as number,
    }));
    this.#resume(this.#current!);
  }

  /** A new instance: no byte of an earlier page is left, and no memory that only a huge one needed. */
  #renew(): void {
    this.#putDraftAside();
    this.#core = new WebAssembly.Instance(module).exports as unknown as CoreExports;
    const [start, factor] = crypto.getRandomValues(new Uint32Array(2));
    this.#core.setSeeds(start!, factor!);
    this.#current = undefined;
    this.#layOut(USUAL_REGIONS);
  }

  #layOut(sizes: RegionSizes): void {
    this.#putDraftAside();
    const regions = layOut(this.#core.regionsStart(), sizes);
    this.#regions = regions;
    this.#grow(regions.end);
    this.#core.setRegions(
      regions.group,
      sizes.group,
      regions.events,
      sizes.events,
      regions.members,
      sizes.members,
      regions.text,
      sizes.text,
      regions.ends,
    );
  }

  #grow(bytes: number): void {
    const { memory } = this.#core;
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
    this.#memory = new Uint8Array(memory.buffer as ArrayBuffer);
  }
}

/** The workspace of this isolate. */
export const core = new Core();
