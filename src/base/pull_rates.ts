import type { Clock } from "./clock.ts";
import { RateMeter } from "./rate_meter.ts";
import { WaitQueue } from "./wait_queue.ts";

/** Assumed size of the first page of a source. */
const FIRST_PAGE_BYTES = 1_000_000;
/** What a limit saves up while nothing is pulled. Short: it adds to what is pulled in the seconds after. */
const SAVED_MS = 250;
/** What all sources of a limit together save up of their parts. */
const PART_SAVED_MS = 500;
/** A source that took more than its part, because others did not need theirs, owes no more than this. */
const PART_OWED_MS = 10_000;
/** How much of the difference to a smaller page counts in what is assumed of the next. */
const DECAY = 1 / 16;

/** A number of bytes a second that some sources may pull together. */
export interface RateLimit {
  /** Sources whose limits have the same key share it. */
  readonly key: string;
  /** The option that sets it, for messages. */
  readonly name: string;
  readonly bytesPerSec: number;
}

/** One pull, as the rate counts it. Disposing ends it. */
export interface RateSlot extends Disposable {
  /** How many bytes the pull brought; undefined as long as no page has come. */
  bytes: number | undefined;
}

/** The rate of one source. */
export interface PullRate {
  /**
   * Waits until a pull may start.
   * @throws the signal's reason when `signal` aborts first.
   */
  wait(signal: AbortSignal): Promise<RateSlot>;
}

/** A limit that some sources share. */
class SharedLimit {
  readonly meter: RateMeter;
  readonly members = new Map<Account, Member>();
  /** The `turn` of the source that was served last, in its turn. */
  turn = 0;

  constructor(bytesPerSec: number, nowMs: number) {
    this.meter = new RateMeter(bytesPerSec / 1000, nowMs, SAVED_MS);
  }

  /** Gives each member an even part. */
  divide(): void {
    for (const { part } of this.members.values()) part.perMs = this.meter.perMs / this.members.size;
  }
}

/** A source, as one of its limits sees it. */
interface Member {
  readonly limit: RateLimit;
  readonly shared: SharedLimit;
  readonly part: RateMeter;
  waitedMs: number;
}

/** A source, as all of its limits see it. */
interface Account {
  readonly members: readonly Member[];
  readonly waiting: WaitQueue<void, RateSlot>;
  /** Assumed size of the next page. */
  pageBytes: number;
  /** Whether that is the size of a page that came. */
  isKnown: boolean;
  /** The bytes that it has had; the source with the fewest is served first. */
  turn: number;
  /** What its first pull waits for. */
  blocked: { readonly by: Member; readonly sinceMs: number } | undefined;
}

/**
 * Spreads the pulls of all sources over time, so that they stay within their limits, of which each source has its own
 * and those that it shares. Kept in the main isolate, for all workers.
 *
 * The size of a page is not known before it is pulled: it is assumed from the last ones, and corrected afterwards. A pull
 * starts when the pages before it are paid for, and the next one when it is.
 *
 * The sources of a limit are served in turns, by bytes. A source that uses less than an even part does not wait until
 * the large page of another is paid for: it saves up some of its part, and pulls from that at once.
 */
export class PullRates {
  readonly #clock: Clock;
  readonly #limits = new Map<string, SharedLimit>();
  /** By name. */
  readonly #sources = new Map<string, Account>();
  /** Ends the wait until the next pull may start. */
  #timer: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a source. Without limits it has no rate. */
  add(source: string, limits: readonly RateLimit[]): void {
    if (limits.length === 0) return;
    if (this.#sources.has(source)) throw new RangeError(`Source ${source} has a rate already`);
    const nowMs = this.#clock.monotonicMs();
    const members = limits.map((limit): Member => {
      const shared = this.#limits.get(limit.key) ?? new SharedLimit(limit.bytesPerSec, nowMs);
      this.#limits.set(limit.key, shared);
      const part = new RateMeter(shared.meter.perMs, nowMs, PART_SAVED_MS, PART_OWED_MS);
      return { limit, shared, part, waitedMs: 0 };
    });
    const account: Account = {
      members,
      waiting: new WaitQueue(() => {
        this.#block(account, account.blocked?.by);
        this.#changed();
      }),
      pageBytes: FIRST_PAGE_BYTES,
      isKnown: false,
      turn: 0,
      blocked: undefined,
    };
    for (const member of members) {
      member.shared.members.set(account, member);
      member.shared.divide();
    }
    this.#sources.set(source, account);
  }

  /** Removes a source, whose pulls must have ended, and the limits that no other has. */
  remove(source: string): void {
    const account = this.#sources.get(source);
    if (!account) return;
    this.#sources.delete(source);
    for (const { limit, shared } of account.members) {
      shared.members.delete(account);
      shared.divide();
      if (shared.members.size === 0) this.#limits.delete(limit.key);
    }
    this.#changed();
  }

  /** The rate of a source; undefined when it has none. */
  of(source: string): PullRate | undefined {
    const account = this.#sources.get(source);
    return account && { wait: (signal) => this.#wait(account, signal) };
  }

  /** How long each of a source's limits has held it up in all: at least one pull waited for that one meanwhile. */
  waits(source: string): (Omit<RateLimit, "key"> & { readonly waitedMs: number })[] {
    const account = this.#sources.get(source);
    if (!account) return [];
    this.#block(account, account.blocked?.by);
    return account.members.map(({ limit: { name, bytesPerSec }, waitedMs }) => {
      return { name, bytesPerSec, waitedMs };
    });
  }

  async #wait(account: Account, signal: AbortSignal): Promise<RateSlot> {
    if (account.waiting.length === 0) {
      // What it did not use while others had turns is not made up for.
      const turns = account.members.filter(({ shared }) => shared.members.size > 1)
        .map(({ shared }) => shared.turn);
      if (turns.length > 0) account.turn = Math.max(account.turn, Math.min(...turns));
    }
    const granted = account.waiting.wait(undefined, signal);
    this.#changed();
    return await granted;
  }

  /** Serves all pulls that may start, and those that may start later when it is time. */
  #changed(): void {
    this.#timer?.abort();
    this.#timer = undefined;
    for (;;) {
      const waitMs = this.#serveNext();
      if (waitMs === 0) continue;
      if (waitMs < Infinity) void this.#changeAfter(waitMs); // never rejects
      return;
    }
  }

  async #changeAfter(waitMs: number): Promise<void> {
    const { signal } = this.#timer = new AbortController();
    try {
      await this.#clock.sleep(Math.ceil(waitMs), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#changed();
  }

  /**
   * Serves one pull, if one may start.
   * @returns how long until the next may start; 0 when one was served.
   */
  #serveNext(): number {
    const nowMs = this.#clock.monotonicMs();
    const waiting = [...this.#sources.values()].filter(({ waiting }) => waiting.length > 0)
      .sort((a, b) => a.turn - b.turn);
    /** Limits that a source waits for whose turn comes first. */
    const claimed = new Set<SharedLimit>();
    let soonestMs = Infinity;
    for (const account of waiting) {
      const waits = account.members.map((member) => {
        const { pageBytes } = account;
        const { shared, part } = member;
        const inTurnMs = claimed.has(shared) ? Infinity : shared.meter.waitMs(0, nowMs);
        const mayPart = shared.members.size > 1 && pageBytes <= part.savedBytes;
        const ofPartMs = mayPart ? part.waitMs(pageBytes, nowMs) : Infinity;
        return { member, waitMs: Math.min(inTurnMs, ofPartMs) };
      });
      const longest = waits.reduce((a, b) => b.waitMs > a.waitMs ? b : a);
      if (longest.waitMs <= 0) {
        this.#serve(account, claimed, nowMs);
        return 0;
      }
      this.#block(account, longest.member);
      claimed.add(longest.member.shared);
      soonestMs = Math.min(soonestMs, longest.waitMs);
    }
    return soonestMs;
  }

  #serve(account: Account, claimed: ReadonlySet<SharedLimit>, nowMs: number): void {
    const assumedBytes = account.pageBytes;
    this.#block(account, undefined);
    for (const { shared } of account.members) {
      if (!claimed.has(shared)) shared.turn = Math.max(shared.turn, account.turn);
    }
    take(account, assumedBytes, nowMs);
    let isOver = false;
    const slot: RateSlot = {
      bytes: undefined,
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const { bytes } = slot;
        if (bytes !== undefined) learn(account, bytes);
        take(account, (bytes ?? 0) - assumedBytes, this.#clock.monotonicMs());
        this.#changed();
      },
    };
    account.waiting.grant(0, slot);
  }

  /** Counts how long a source has waited, and what it waits for from now on, if it does. */
  #block(account: Account, by: Member | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    const { blocked } = account;
    if (blocked) blocked.by.waitedMs += nowMs - blocked.sinceMs;
    const isWaiting = by && account.waiting.length > 0;
    account.blocked = isWaiting ? { by, sinceMs: nowMs } : undefined;
  }
}

function take(account: Account, bytes: number, nowMs: number): void {
  account.turn += bytes;
  for (const { shared, part } of account.members) {
    shared.meter.take(bytes, nowMs);
    part.take(bytes, nowMs);
  }
}

/** Empty pages say that few bytes come; a single large one that the next may be as large. */
function learn(account: Account, bytes: number): void {
  const { pageBytes, isKnown } = account;
  if (bytes > pageBytes || (bytes > 0 && !isKnown)) {
    account.pageBytes = bytes;
    account.isKnown = true;
  } else {
    account.pageBytes += (bytes - pageBytes) * DECAY;
  }
}
