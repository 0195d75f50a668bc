/** A limit below this would not be a gateway's. */
const MIN_BYTES = 4096;
/** The same while the size is only suspected. */
const MIN_SUSPECTED_BYTES = 32 * 1024;
/** Growth of the limit with each accepted body close to it; a suspected limit doubles. */
const GROWTH = 1.1;
/** Share of the limit from which a body counts as close to it. */
const NEAR = 0.8;
/** After this long without a refusal, twice the refused size is tried. */
const REFUSAL_LASTS_MS = 600_000;
/** Consecutive connections cut off under bodies after which their size may be the reason. */
export const CUT_OFFS_BEFORE_SPLIT = 3;

/**
 * The maximum size of bodies for one endpoint: a gateway in front of it may refuse larger ones. Learned from refusals
 * (413), and from connections that are cut off under larger bodies only; grown again slowly. Sizes are those of bodies of
 * several events on the wire.
 *
 * Connections are cut off for other reasons too, such as a restart. So bodies are made smaller for a while, and the
 * result decides: the size was the reason if it happens again after smaller bodies were accepted.
 */
export class BodyLimit {
  #maxBytes = Infinity;
  /** The smallest body that was refused lately. */
  #refusedBytes = Infinity;
  #refusedMs = -Infinity;
  /** Consecutive connections that were cut off. */
  #cutOffs = 0;
  /** The first body whose size is suspected, and whether smaller ones were accepted since. */
  #suspect: { readonly bytes: number; acceptedSmaller: boolean } | undefined;
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
    if (this.#suspect?.acceptedSmaller || this.#refusedBytes < Infinity) {
      this.#cutOffs = 0;
      this.refused(bytes, nowMs);
    } else {
      this.#suspect ??= { bytes, acceptedSmaller: false };
      const max = Math.max(MIN_SUSPECTED_BYTES, bytes / 2);
      if (max < this.#maxBytes) this.#setMax(max);
    }
  }

  /** There was an answer of any kind. */
  answered(): void {
    this.#cutOffs = 0;
  }

  /**
   * A body was accepted.
   * @returns whether a limit that was unknown before is now known.
   */
  accepted(bytes: number, nowMs: number): boolean {
    if (bytes >= this.#refusedBytes || bytes >= (this.#suspect?.bytes ?? Infinity)) this.forget();
    if (this.#suspect) this.#outgrow(this.#suspect, bytes);
    if (this.#refusedBytes === Infinity) return false;
    if (this.#maxBytes === Infinity) this.#setMax(Math.max(bytes, this.#refusedBytes / 2));
    else this.#grow(bytes, nowMs);
    const isNew = !this.#isFound;
    this.#isFound = true;
    return isNew;
  }

  /** The size was not the reason, or no longer is. */
  forget(): void {
    this.#maxBytes = this.#refusedBytes = Infinity;
    this.#suspect = undefined;
    this.#isFound = false;
  }

  #outgrow(suspect: { readonly bytes: number; acceptedSmaller: boolean }, bytes: number): void {
    suspect.acceptedSmaller = true;
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
    this.#maxBytes = Math.max(MIN_BYTES, Math.floor(bytes));
  }
}
