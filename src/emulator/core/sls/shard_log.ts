import { decodeCursor, encodeCursor } from "./cursor.ts";

/**
 * The log groups of one shard, encoded as they came, with their times of receipt.
 *
 * A *position* counts the groups written to the shard before it, from 0; a *cursor* is the start
 * cursor plus the position. Consecutive groups therefore differ by 1, and the end names the group
 * that is not written yet (the vendor's GetCursor page).
 */
export class ShardLog {
  /** Cursor of the first group ever written. */
  readonly startCursor: bigint;
  readonly #groups: Uint8Array[] = [];
  readonly #receivedSec: number[] = [];
  /** Dropped groups that still stand in front of the arrays, to be cut off many at a time. */
  #gone = 0;
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
    return this.#begin + this.#groups.length - this.#gone;
  }

  /**
   * Adds a group, which from now on belongs to the shard.
   * @param receivedSec Unix seconds; a time before that of the last group counts as the latter's.
   */
  append(group: Uint8Array, receivedSec: number): void {
    this.#groups.push(group);
    this.#receivedSec.push(Math.max(receivedSec, this.#receivedSec.at(-1) ?? 0));
  }

  /** The group at a retained position. */
  groupAt(position: number): Uint8Array {
    return this.#groups[this.#indexOf(position)]!;
  }

  /** When the group at a retained position was received, in unix seconds. */
  receivedSecAt(position: number): number {
    return this.#receivedSec[this.#indexOf(position)]!;
  }

  #indexOf(position: number): number {
    if (position < this.#begin || position >= this.end) {
      throw new RangeError(`Cannot read position ${position}: it is not retained`);
    }
    return position - this.#begin + this.#gone;
  }

  /** Position of the first retained group received at or after a second; the end if there is none. */
  positionAtTime(sec: number): number {
    let low = this.#gone;
    let high = this.#groups.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#receivedSec[middle]! < sec) low = middle + 1;
      else high = middle;
    }
    return this.#begin + low - this.#gone;
  }

  cursorAt(position: number): string {
    return encodeCursor(this.startCursor + BigInt(position));
  }

  /** The position a cursor names, retained or not, even negative; undefined if it is no cursor. */
  positionOf(cursor: string): number | undefined {
    const value = decodeCursor(cursor);
    return value === undefined ? undefined : Number(value - this.startCursor);
  }

  /** Drops the groups before a position. */
  dropBefore(position: number): void {
    const until = Math.min(position, this.end);
    while (this.#begin < until) {
      this.#groups[this.#gone++] = nothing;
      this.#begin++;
    }
    if (this.#gone > 1024 && this.#gone * 2 > this.#groups.length) {
      this.#groups.splice(0, this.#gone);
      this.#receivedSec.splice(0, this.#gone);
      this.#gone = 0;
    }
  }
}

const nothing = new Uint8Array();
