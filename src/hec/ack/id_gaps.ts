/** Ids below the highest that may still be missing: far more than reordered answers leave. */
const WINDOW_IDS = 10_000;

interface Range {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/**
 * Which ids of an ascending sequence have been seen. Missing ids below the highest are kept as ranges, and only near the
 * highest: memory stays small whatever numbers a server sends.
 */
export class IdGaps {
  #highest = -1;
  /** Missing ids, ascending and disjoint. */
  readonly #gaps: Range[] = [];

  /** Number of ranges that are kept. */
  get ranges(): number {
    return this.#gaps.length;
  }

  /**
   * Adds an id.
   * @returns false when it was seen before, or is so far below the highest that it may have been.
   */
  add(id: number): boolean {
    if (id <= this.#highest) return this.#fill(id);
    if (id > this.#highest + 1) this.#gaps.push({ from: this.#highest + 1, to: id - 1 });
    this.#highest = id;
    this.#forgetBelow(id - WINDOW_IDS);
    return true;
  }

  #fill(id: number): boolean {
    const at = this.#gaps.findIndex(({ to }) => to >= id);
    const gap = this.#gaps[at];
    if (!gap || gap.from > id) return false;
    const left = { from: gap.from, to: id - 1 };
    const right = { from: id + 1, to: gap.to };
    this.#gaps.splice(at, 1, ...[left, right].filter(({ from, to }) => from <= to));
    return true;
  }

  #forgetBelow(floor: number): void {
    const kept = this.#gaps.findIndex(({ to }) => to >= floor);
    this.#gaps.splice(0, kept < 0 ? this.#gaps.length : kept);
    const [first] = this.#gaps;
    if (first && first.from < floor) this.#gaps[0] = { from: floor, to: first.to };
  }
}
