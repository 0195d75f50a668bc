import { decodeCursor, encodeCursor } from "./cursor.ts";

/**
 * The log groups of one shard, encoded as received, with their times of receipt.
 *
 * A *position* is the number of groups written to the shard before it; a *cursor* is the start cursor
 * plus the position. So consecutive groups differ by 1, and the end is the cursor of the next group
 * to be written (the vendor's GetCursor page).
 */
export class ShardLog {
  /** Cursor of position 0. */
  readonly startCursor: bigint;
  readonly #groups: Uint8Array[] = [];
  readonly #receivedSec: number[] = [];
  /** Dropped groups that are still at the start of the arrays, to be removed many at a time. */
  #dropped = 0;
  #begin = 0;

  constructor(startCursor: bigint) {
    this.startCursor = startCursor;
  }

  /** Position of the oldest retained group. */
  get begin(): number {
    return this.#begin;
  }

  /** Position of the next group to be written. */
  get end(): number {
    return this.#begin + this.#groups.length - this.#dropped;
  }

  /**
   * Adds a group, whose bytes must not change afterwards.
   *
   * @param receivedSec Unix seconds; raised to the time of the last group if it is earlier.
   */
  append(group: Uint8Array, receivedSec: number): void {
    this.#groups.push(group);
    this.#receivedSec.push(Math.max(receivedSec, this.#receivedSec.at(-1) ?? 0));
  }

  /** The group at a retained position. */
  groupAt(position: number): Uint8Array {
    return this.#groups[this.#indexOf(position)]!;
  }

  /** Time of receipt of the group at a retained position, in Unix seconds. */
  receivedSecAt(position: number): number {
    return this.#receivedSec[this.#indexOf(position)]!;
  }

  #indexOf(position: number): number {
    if (position < this.#begin || position >= this.end) {
      throw new RangeError(`Cannot read position ${position}: it is not retained`);
    }
    return position - this.#begin + this.#dropped;
  }

  /** Position of the first retained group received at or after a second; the end if there is none. */
  positionAtTime(sec: number): number {
    let low = this.#dropped;
    let high = this.#groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#receivedSec[middle]! < sec) low = middle + 1;
      else high = middle;
    }
    return this.#begin + low - this.#dropped;
  }

  cursorAt(position: number): string {
    return encodeCursor(this.startCursor + BigInt(position));
  }

  /** The position of a cursor, retained or not, even negative; undefined if it is not a cursor. */
  positionOf(cursor: string): number | undefined {
    const value = decodeCursor(cursor);
    return value === undefined ? undefined : Number(value - this.startCursor);
  }

  /** Drops the groups before a position. */
  dropBefore(position: number): void {
    const until = Math.min(position, this.end);
    while (this.#begin < until) {
      this.#groups[this.#dropped++] = nothing;
      this.#begin++;
    }
    if (this.#dropped > 1024 && this.#dropped * 2 > this.#groups.length) {
      this.#groups.splice(0, this.#dropped);
      this.#receivedSec.splice(0, this.#dropped);
      this.#dropped = 0;
    }
  }
}

const nothing = new Uint8Array();
