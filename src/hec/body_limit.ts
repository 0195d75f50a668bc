/** Below this a limit is never set: it would be no limit of a gateway. */
const LEAST_BYTES = 4096;
/** The same while the size is only suspected. */
const LEAST_SUSPECTED_BYTES = 32 * 1024;
/** How much larger the limit gets with each body near it that is taken; a suspected one doubles. */
const GROWTH = 1.1;
/** From so much of the limit on, a body counts as near it. */
const NEAR = 0.8;
/** After so long without a refusal, twice the size that was refused is tried. */
const REFUSAL_LASTS_MS = 600_000;
/** After so many connections in a row that are cut off under bodies, their size may be the reason. */
export const CUT_OFFS_BEFORE_SPLIT = 3;

/**
 * How large bodies may be that one endpoint gets: what stands before it may refuse larger ones. Learned from refusals
 * (413), and from connections that are cut off under larger bodies alone; grown again slowly. Sizes are those of
 * bodies of several events, as they go on the wire.
 *
 * Connections are cut off for other reasons too, such as a restart. So bodies are made smaller for a while, and what
 * that shows decides: the size was the reason when it happens again after smaller bodies were taken.
 */
export class BodyLimit {
  #maxBytes = Infinity;
  /** The smallest body that was refused lately. */
  #refusedBytes = Infinity;
  #refusedMs = -Infinity;
  /** Connections in a row that were cut off. */
  #cutOffs = 0;
  /** The first body of which the size is suspected, and whether smaller ones were taken since. */
  #suspect: { readonly bytes: number; tookSmaller: boolean } | undefined;
  #isFound = false;

  /** Largest body that may be sent; Infinity while no limit is known. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** A body was refused as too large. */
  refused(bytes: number, nowMs: number): void {
    this.#suspect = undefined;
    this.#refusedBytes = Math.min(this.#refusedBytes, bytes);
    this.#refusedMs = nowMs;
    if (bytes <= this.#maxBytes && this.#maxBytes < Infinity) this.#setMax(bytes / 2);
  }

  /** The connection was cut off under a body. */
  cutOff(bytes: number, nowMs: number): void {
    if (++this.#cutOffs < CUT_OFFS_BEFORE_SPLIT) return;
    if (this.#suspect?.tookSmaller || this.#refusedBytes < Infinity) {
      this.#cutOffs = 0;
      this.refused(bytes, nowMs);
    } else {
      this.#suspect ??= { bytes, tookSmaller: false };
      const most = Math.max(LEAST_SUSPECTED_BYTES, bytes / 2);
      if (most < this.#maxBytes) this.#setMax(most);
    }
  }

  /** There was an answer of any kind. */
  answered(): void {
    this.#cutOffs = 0;
  }

  /** A body was taken. @returns whether a limit is known by that which was not known before. */
  taken(bytes: number, nowMs: number): boolean {
    if (bytes >= this.#refusedBytes || bytes >= (this.#suspect?.bytes ?? Infinity)) this.forget();
    if (this.#suspect) this.#outgrow(this.#suspect, bytes);
    if (this.#refusedBytes === Infinity) return false;
    if (this.#maxBytes === Infinity) this.#setMax(Math.max(bytes, this.#refusedBytes / 2));
    else this.#grow(bytes, nowMs);
    const isNew = !this.#isFound;
    this.#isFound = true;
    return isNew;
  }

  /** The size was not the reason, or is none any more. */
  forget(): void {
    this.#maxBytes = this.#refusedBytes = Infinity;
    this.#suspect = undefined;
    this.#isFound = false;
  }

  #outgrow(suspect: { readonly bytes: number; tookSmaller: boolean }, bytes: number): void {
    suspect.tookSmaller = true;
    if (bytes < this.#maxBytes * NEAR) return;
    const next = this.#maxBytes * 2;
    this.#maxBytes = next < suspect.bytes ? next : Infinity;
  }

  #grow(bytes: number, nowMs: number): void {
    if (nowMs - this.#refusedMs >= REFUSAL_LASTS_MS) {
      this.#refusedBytes *= 2;
      this.#refusedMs = nowMs;
    }
    if (bytes < this.#maxBytes * NEAR) return;
    this.#setMax(Math.min(this.#maxBytes * GROWTH, this.#refusedBytes - 1));
  }

  #setMax(bytes: number): void {
    this.#maxBytes = Math.max(LEAST_BYTES, Math.floor(bytes));
  }
}
