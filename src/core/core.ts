import type { CoreExports } from "./core_exports.ts";
import { module } from "./core_module.js";
import type { CoreLimits, CorePage } from "./core_page.ts";
import type { BatchBuffer } from "./batch_buffer.ts";
import { failureText } from "./malformed_page.ts";
import { layout, maxOf, type Regions, type RegionSizes, USUAL_REGIONS } from "./regions.ts";

const WASM_PAGE_BYTES = 65_536;
const POSITION_BYTES = 32;
const SLACK_BYTES = 64;
/** Matches that the encoder collects before it writes a block of them. */
const TOKENS_BYTES = 512 * 1024;
/** Most bytes that one byte of an LZ4 block can become. */
const MAX_LZ4_GROWTH = 255;
/** Wasm memory cannot shrink: a workspace larger than this is replaced. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** Why filling stopped, in the order of the core's numbers. */
const FILL_ENDS = ["page_end", "full", "oversize", "malformed", "needs_room"] as const;
type CoreEnd = Exclude<typeof FILL_ENDS[number], "needs_room">;

/**
 * The Wasm module that does all work on the bytes of a page, with its memory, the workspace. All shards of an isolate
 * share it: a page or a buffer that made room for another is swapped in again when it continues.
 */
export class Core {
  /** Events of the last fill, a rejected one included, with an implausible time: see `CorePage.newestSec`. */
  oddTimes = 0;
  /** Logs that the last fill passed over, because a route drops them. */
  droppedLogs = 0;
  /** Events of the last fill, a rejected one included, that got the fallback index in place of an impossible one. */
  replacedIndexes = 0;
  #core!: CoreExports;
  #regions!: Regions;
  #memory!: Uint8Array<ArrayBuffer>;
  /** The page in the memory. */
  #current: CorePage | undefined;
  /** Positions of the others that were begun. */
  readonly #positions = new WeakMap<CorePage, Uint8Array>();
  /** The buffer with its events in the memory. */
  #buffer: BatchBuffer | undefined;

  constructor() {
    this.#renew();
  }

  /**
   * Compresses by deflate (RFC 1951), made for events that repeat the members of those before.
   * @param plain May be `eventsOf` a buffer, which is not copied; the buffer must be cleared then.
   * @returns a view of the result, valid until the next call of anything here.
   */
  deflate(plain: Uint8Array): Uint8Array {
    const { events } = this.#regions;
    const { length } = plain;
    const isHere = plain.buffer === this.#memory.buffer && plain.byteOffset === events;
    if (!isHere) this.#swapOutBuffer();
    const tokens = events + length + SLACK_BYTES;
    const to = tokens + TOKENS_BYTES + SLACK_BYTES;
    // A literal takes 12 bits at most, and a block's head less than 200 bytes.
    this.#grow(to + length * 2 + 8192 + SLACK_BYTES);
    if (!isHere) this.#memory.set(plain, events);
    const packed = this.#core.deflate(events, length, tokens, TOKENS_BYTES, to);
    return this.#memory.subarray(to, to + packed);
  }

  /**
   * Starts a page, and checks its frame.
   * @returns the number of its log groups; `corrupt` when it does not decompress to the announced size; `malformed` when
   * it is not a LogGroupList, and `failure` then says why. Single logs may still turn out malformed.
   */
  begin(page: CorePage): number | "corrupt" | "malformed" {
    this.#swapOut();
    // Memory for one huge page is not kept for the usual ones.
    const isUsual = page.rawBytes <= USUAL_REGIONS.raw;
    if (isUsual && this.#memory.length > MAX_KEPT_BYTES) this.#renew();
    if (!this.#load(page)) return "corrupt";
    this.#current = page;
    const { raw } = this.#regions;
    const groups = this.#core.beginPage(raw, page.rawBytes, Number(!page.cursorCounts));
    return groups < 0 ? "malformed" : groups;
  }

  /** Why the page or the log that was read last is malformed: says where, never what. */
  get failure(): { readonly what: string; readonly offset: number } {
    const code = this.#core.failure.value as number;
    return {
      what: failureText(code),
      offset: (this.#core.failureAt.value as number) - this.#regions.raw,
    };
  }

  /** Writes the page's next events into the buffer, after those that it has. */
  fill(page: CorePage, buffer: BatchBuffer, limits: CoreLimits): CoreEnd {
    this.#swapIn(page);
    const { maxBytes, maxEvents, maxEventBytes } = limits;
    this.oddTimes = this.droppedLogs = this.replacedIndexes = 0;
    for (;;) {
      this.#swapInBuffer(buffer);
      const core = this.#core;
      core.setNewestTime(page.newestSec ?? 0xffff_ffff);
      const { byteLength, count } = buffer;
      const code = core.fillBatch(byteLength, count, maxBytes, maxEvents, maxEventBytes);
      buffer.byteLength = core.batchBytes.value as number;
      buffer.count = core.batchEvents.value as number;
      this.oddTimes += core.oddTimes.value as number;
      this.droppedLogs += core.droppedLogs.value as number;
      this.replacedIndexes += core.replacedIndexes.value as number;
      const end = FILL_ENDS[code]!;
      if (end !== "needs_room") return end;
      this.#makeRoom();
    }
  }

  /** The buffer's events, one after the other, in the workspace; valid until the next call of anything here. */
  eventsOf(buffer: BatchBuffer): Uint8Array<ArrayBuffer> {
    this.#swapInBuffer(buffer);
    const { events } = this.#regions;
    return this.#memory.subarray(events, events + buffer.byteLength);
  }

  /** Ends of the buffer's events; valid as long as `eventsOf`. */
  endsOf(buffer: BatchBuffer): Uint32Array<ArrayBuffer> {
    this.#swapInBuffer(buffer);
    return new Uint32Array(this.#memory.buffer, this.#regions.ends, buffer.count);
  }

  /** Adds an event from elsewhere to the buffer. */
  append(buffer: BatchBuffer, event: Uint8Array): void {
    if (this.#buffer === buffer) this.#swapOutBuffer();
    buffer.append(event);
  }

  /** Empties the buffer. */
  clear(buffer: BatchBuffer): void {
    if (this.#buffer === buffer) this.#buffer = undefined;
    buffer.count = buffer.byteLength = 0;
  }

  /**
   * The event at which filling stopped with `oversize` or `malformed`, which is not in the buffer; valid until the next
   * call of anything here.
   */
  get rejected(): Uint8Array {
    const from = this.#regions.events + (this.#core.batchBytes.value as number);
    return this.#memory.subarray(from, from + (this.#core.rejectedBytes.value as number));
  }

  /** Brings the buffer's events into the memory. */
  #swapInBuffer(buffer: BatchBuffer): void {
    if (this.#buffer === buffer) return;
    this.#swapOutBuffer();
    const { byteLength, count } = buffer;
    if (byteLength > this.#regions.sizes.events) {
      this.#layout(maxOf(this.#regions.sizes, { events: byteLength }));
      if (this.#current) this.#resume(this.#current);
    }
    if (count > 0) {
      this.#memory.set(buffer.events, this.#regions.events);
      new Uint32Array(this.#memory.buffer, this.#regions.ends).set(buffer.ends);
    }
    this.#buffer = buffer;
  }

  #swapOutBuffer(): void {
    const buffer = this.#buffer;
    if (buffer && buffer.count > 0) buffer.swapOut(this.eventsOf(buffer), this.endsOf(buffer));
    this.#buffer = undefined;
  }

  /** Restores a page that made room for another. */
  #swapIn(page: CorePage): void {
    if (this.#current === page) return;
    this.#swapOut();
    const position = this.#positions.get(page);
    if (!position) {
      throw new Error("Cannot fill a batch: the page was not begun, or was given up");
    }
    if (!this.#load(page)) throw new Error("Cannot continue a page: its body has changed");
    this.#current = page;
    this.#position().set(position);
    this.#resume(page);
  }

  #swapOut(): void {
    if (this.#current) this.#positions.set(this.#current, this.#position().slice());
    this.#current = undefined;
  }

  #position(): Uint8Array {
    return this.#memory.subarray(this.#core.position(), this.#core.position() + POSITION_BYTES);
  }

  #resume(page: CorePage): void {
    while (!this.#core.resumePage(Number(!page.cursorCounts))) this.#makeRoom();
  }

  /** Loads a page into the memory; returns whether its body decompresses to the announced size. */
  #load(page: CorePage): boolean {
    const { mapping, cursor, rawBytes, isLz4, body } = page;
    // Reject impossible sizes before allocating.
    if (isLz4 && rawBytes > body.length * MAX_LZ4_GROWTH) return false;
    const { host, metadata, id, expand, rules } = mapping;
    const parts = [host, metadata, id, cursor, expand, rules];
    const mappingBytes = parts.reduce((sum, { length }) => sum + length, 0);
    const { sizes } = this.#regions;
    if (mappingBytes > sizes.mapping || rawBytes > sizes.raw) {
      this.#layout(maxOf(sizes, { mapping: mappingBytes, raw: rawBytes }));
    }
    const regions = this.#regions;
    let at = regions.mapping;
    for (const part of parts) {
      this.#memory.set(part, at);
      at += part.length;
    }
    this.#core.setMapping(
      regions.mapping,
      host.length,
      metadata.length,
      id.length,
      cursor.length,
      expand.length,
      rules.length,
      Number(page.cursorCounts),
      Number(mapping.asText),
    );
    return this.#open(page) === rawBytes;
  }

  /** Writes the page's bytes to their region; returns their number, or -1 when they do not decompress. */
  #open({ body, isLz4, rawBytes }: CorePage): number {
    const { raw, events } = this.#regions;
    if (body.length === 0) return 0;
    if (!isLz4) {
      if (body.length === rawBytes) this.#memory.set(body, raw);
      return body.length;
    }
    let at = events + (this.#buffer?.byteLength ?? 0) + SLACK_BYTES;
    if (at + body.length > this.#regions.ends) {
      this.#swapOutBuffer();
      at = events;
    }
    this.#grow(at + body.length + SLACK_BYTES);
    this.#memory.set(body, at);
    // A cut block can look complete: its length is compared, too.
    return this.#core.lz4(at, body.length, raw, rawBytes);
  }

  /** Makes the regions as large as the core needs; the page stays. */
  #makeRoom(): void {
    const core = this.#core;
    this.#layout(maxOf(this.#regions.sizes, {
      group: core.groupNeeded.value as number,
      events: core.eventsNeeded.value as number,
      members: core.membersNeeded.value as number,
      text: core.textNeeded.value as number,
    }));
    this.#resume(this.#current!);
  }

  /** Makes a new instance, without bytes of earlier pages, and without memory that only a huge one needed. */
  #renew(): void {
    this.#swapOutBuffer();
    this.#core = new WebAssembly.Instance(module).exports as unknown as CoreExports;
    const [start, factor] = crypto.getRandomValues(new Uint32Array(2));
    this.#core.setSeeds(start!, factor!);
    this.#current = undefined;
    this.#layout(USUAL_REGIONS);
  }

  #layout(sizes: RegionSizes): void {
    this.#swapOutBuffer();
    const regions = layout(this.#core.regionsStart(), sizes);
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
