/** Ids below the highest that may still be missing: far more than answers that overtake one another leave. */
const WINDOW_IDS = 10_000;

interface Range {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/**
 * Which ids of an ascending count have come. Those below the highest that have not are kept as ranges, and
 * only near the highest: memory stays small whatever numbers a server sends.
 */
export class IdHoles {
  #highest = -1;
  /** Ascending, apart from each other. */
  readonly #holes: Range[] = [];

  /** Ranges that are kept. */
  get ranges(): number {
    return this.#holes.length;
  }

  /**
   * Notes an id that has come.
   * @returns false when it came before, or is so far below the highest that it may have.
   */
  take(id: number): boolean {
    if (id <= this.#highest) return this.#fill(id);
    if (id > this.#highest + 1) this.#holes.push({ from: this.#highest + 1, to: id - 1 });
    this.#highest = id;
    this.#forgetBelow(id - WINDOW_IDS);
    return true;
  }

  #fill(id: number): boolean {
    const at = this.#holes.findIndex(({ to }) => to >= id);
    const hole = this.#holes[at];
    if (!hole || hole.from > id) return false;
    const left = { from: hole.from, to: id - 1 };
    const right = { from: id + 1, to: hole.to };
    this.#holes.splice(at, 1, ...[left, right].filter(({ from, to }) => from <= to));
    return true;
  }

  #forgetBelow(floor: number): void {
    const kept = this.#holes.findIndex(({ to }) => to >= floor);
    this.#holes.splice(0, kept < 0 ? this.#holes.length : kept);
    const [first] = this.#holes;
    if (first && first.from < floor) this.#holes[0] = { from: floor, to: first.to };
  }
}
