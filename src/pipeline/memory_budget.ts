import { WaitQueue } from "../base/wait_queue.ts";

/** The right to use some memory. Disposing gives it back; more than once does nothing. */
export interface Reservation extends Disposable {
  /** Bytes that it covers. */
  readonly bytes: number;
  /**
   * Extends it to `bytes` if the missing ones are free now.
   * @returns whether it covers `bytes`.
   */
  grow(bytes: number): boolean;
  /** Gives back what it covers above `bytes`. */
  shrink(bytes: number): void;
}

/** What one source may use of a budget. Disposing removes the source; what it still has reserved stays counted. */
export interface MemoryShare extends Disposable {
  /** Bytes that are this source's own, whatever the others use. Changes when sources come and go. */
  readonly ownBytes: number;
  /** Bytes reserved now. */
  readonly reservedBytes: number;
  /** Whether this source uses common memory, and little of that is left. */
  readonly isShort: boolean;
  /** Whether `bytes` could be reserved without waiting. */
  hasRoom(bytes: number): boolean;
  /** Reserves `bytes`, if they are free now and no other request of this source waits. */
  tryReserve(bytes: number): Reservation | undefined;
  /**
   * Waits for `bytes`. A source that has nothing reserved gets them at once, even if its share is smaller.
   * @throws the signal's reason when `signal` aborts first.
   */
  reserve(bytes: number, signal: AbortSignal): Promise<Reservation>;
}

/** What a source is given a share by. */
interface ShareOptions {
  /** Sources with the same set share their common memory: those that are sent to the same collectors. */
  readonly set?: string;
  /** What it needs to work at all; as the budget says when left out. */
  readonly minBytes?: number;
}

/** Sources that share their common memory. */
interface SourceSet {
  /** Sources that are not removed. */
  sources: number;
  commonBytes: number;
}

/** A source, as the budget counts it. */
interface Account {
  readonly set: SourceSet;
  readonly minBytes: number;
  /** 0 for a removed source. */
  ownBytes: number;
  reserved: number;
  /** The part of `reserved` that counts against the budget. */
  charged: number;
}

/** A request that waits. */
interface Request {
  readonly account: Account;
  readonly bytes: number;
}

/**
 * Divides a number of bytes among the sources, so that one whose logs cannot be delivered does not hold up the
 * others: each has its own part, and the rest is common, for whichever source asks first. The common memory is that of
 * a set of sources, in proportion to their number, so that collectors which take nothing cost the sources of others
 * nothing.
 *
 * What is charged never exceeds the total. A source that has nothing reserved may always reserve once, so that no
 * source stands still; if that is more than it may have, only what it may have is charged.
 */
export class MemoryBudget {
  readonly totalBytes: number;
  readonly #minBytes: number;
  /** By id. */
  readonly #sources = new Map<string, Account>();
  /** By id. */
  readonly #sets = new Map<string, SourceSet>();
  /** Removed sources that still have something reserved. */
  readonly #removed = new Set<Account>();
  readonly #waiting = new WaitQueue<Request>(() => this.#serve());

  /**
   * @param minBytes What a source needs to work at all. Its own part is not smaller as long as an even part is that
   * large; where it is not, half of that is common.
   */
  constructor(totalBytes: number, minBytes: number) {
    this.totalBytes = totalBytes;
    this.#minBytes = minBytes;
  }

  /** Bytes reserved now, by all sources. */
  get reservedBytes(): number {
    return this.#accounts().reduce((sum, { reserved }) => sum + reserved, 0);
  }

  /**
   * Adds a source. The shares of the others become smaller; what they have above them counts as common memory until
   * they give it back. A source that is alone in its set has all of the set's part.
   * @throws {RangeError} when the source has a share already.
   */
  forSource(
    id: string,
    { set: setId = "", minBytes = this.#minBytes }: ShareOptions = {},
  ): MemoryShare {
    if (this.#sources.has(id)) {
      throw new RangeError(`Source ${id} already has a share of the memory`);
    }
    const set = this.#sets.get(setId) ?? { sources: 0, commonBytes: 0 };
    this.#sets.set(setId, set);
    set.sources++;
    const account: Account = { set, minBytes, ownBytes: 0, reserved: 0, charged: 0 };
    this.#sources.set(id, account);
    this.#divide();
    const isShort = () => excessOf(account) > 0 && this.#commonBytes(set) < minBytes;
    return {
      get ownBytes() {
        return account.ownBytes;
      },
      get reservedBytes() {
        return account.reserved;
      },
      get isShort() {
        return isShort();
      },
      hasRoom: (bytes) => account.reserved === 0 || this.#fits(account, bytes),
      tryReserve: (bytes) => {
        if (!this.#fits(account, bytes)) return undefined;
        this.#take(account, bytes);
        return this.#reservation(account, bytes);
      },
      reserve: async (bytes, signal) => {
        signal.throwIfAborted();
        const isNext = !this.#hasWaiting(account);
        if (isNext && this.#mayTake({ account, bytes })) this.#take(account, bytes);
        else await this.#waiting.wait({ account, bytes }, signal); // taken by `#serve`
        return this.#reservation(account, bytes);
      },
      [Symbol.dispose]: () => this.#remove(id, account),
    };
  }

  #remove(id: string, account: Account): void {
    if (this.#sources.get(id) !== account) return; // removed before
    this.#sources.delete(id);
    account.set.sources--;
    account.ownBytes = 0;
    if (account.reserved > 0) this.#removed.add(account);
    this.#divide();
    this.#serve();
  }

  #divide(): void {
    const partOf = (sources: number) => Math.floor(this.totalBytes * sources / this.#sources.size);
    for (const [id, set] of this.#sets) {
      if (set.sources === 0) this.#sets.delete(id);
      set.commonBytes = set.sources === 0 ? 0 : partOf(set.sources);
    }
    for (const account of this.#sources.values()) {
      const { set, minBytes } = account;
      const even = partOf(1);
      const half = Math.floor(even / 2);
      // A part that is too small for anything is of no use to its source; the others can use it.
      const own = minBytes <= even ? Math.max(half, minBytes) : half;
      account.ownBytes = set.sources === 1 ? even : own;
      set.commonBytes -= account.ownBytes;
    }
  }

  #reservation(account: Account, bytes: number): Reservation {
    let covered = bytes;
    const set = (bytes: number) => {
      this.#take(account, bytes - covered);
      covered = bytes;
    };
    return {
      get bytes() {
        return covered;
      },
      grow: (wanted) => {
        if (wanted <= covered) return true;
        const isAlone = account.reserved === covered;
        if (!isAlone && !this.#fits(account, wanted - covered)) return false;
        set(wanted);
        return true;
      },
      shrink: (wanted) => {
        if (wanted >= covered) return;
        set(wanted);
        this.#serve();
      },
      [Symbol.dispose]: () => {
        if (covered === 0) return;
        set(0);
        this.#serve();
      },
    };
  }

  /** Counts `more` bytes as reserved; fewer where it is negative. */
  #take(account: Account, more: number): void {
    if (more <= 0) {
      account.reserved += more;
      account.charged = Math.min(account.charged, account.reserved);
      if (account.reserved === 0) this.#removed.delete(account);
    } else {
      account.charged += this.#hasFree(account, more) ? more : this.#ownFree(account);
      account.reserved += more;
    }
  }

  /** Serves the requests that can be: the sources in any order, those of one source in the order they came. */
  #serve(): void {
    const blocked = new Set<Account>();
    for (let i = 0; i < this.#waiting.length;) {
      const request = this.#waiting.at(i)!;
      if (!blocked.has(request.account) && this.#mayTake(request)) {
        this.#take(request.account, request.bytes);
        this.#waiting.grant(i);
      } else {
        blocked.add(request.account);
        i++;
      }
    }
  }

  #mayTake({ account, bytes }: Request): boolean {
    return account.reserved === 0 || this.#hasFree(account, bytes);
  }

  #fits(account: Account, bytes: number): boolean {
    return !this.#hasWaiting(account) && this.#hasFree(account, bytes);
  }

  #hasFree(account: Account, bytes: number): boolean {
    if (this.#charged() + bytes > this.totalBytes) return false;
    const left = account.charged + bytes - account.ownBytes;
    return left <= 0 || left - excessOf(account) <= this.#commonBytes(account.set);
  }

  #hasWaiting(account: Account): boolean {
    for (let i = 0; i < this.#waiting.length; i++) {
      if (this.#waiting.at(i)!.account === account) return true;
    }
    return false;
  }

  /** What is charged for a reservation that is larger than what is free. */
  #ownFree(account: Account): number {
    const own = account.ownBytes - account.charged;
    return Math.max(0, Math.min(own, this.totalBytes - this.#charged()));
  }

  /** Common memory of a set that is free; negative while its sources use more than a new one leaves them. */
  #commonBytes(set: SourceSet): number {
    return this.#accounts().reduce(
      (left, account) => account.set === set ? left - excessOf(account) : left,
      set.commonBytes,
    );
  }

  #charged(): number {
    return this.#accounts().reduce((sum, { charged }) => sum + charged, 0);
  }

  #accounts(): Account[] {
    return [...this.#sources.values(), ...this.#removed];
  }
}

/** The common memory that a source uses. */
function excessOf({ charged, ownBytes }: Account): number {
  return Math.max(0, charged - ownBytes);
}
