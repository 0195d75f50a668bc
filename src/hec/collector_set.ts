/** A caller that can be served now. */
export interface NextCaller {
  /** Whose events wait; undefined for a poll, which goes ahead of all events. */
  readonly source: string | undefined;
  /** Gives it its slot. */
  grant(): void;
}

/** Endpoints under one token, whose requests count against the limit of their set. */
export interface SetMember {
  /** The caller that is served next here; undefined when none waits, or none can be served now. */
  next(): NextCaller | undefined;
  /** Milliseconds until a caller may be served without a slot becoming free; Infinity when that is not known. */
  readyInMs(): number;
  /** Has the set serve its callers after that time, if one still waits then. */
  serveIn(ms: number): void;
}

/** How a source was served. */
interface Served {
  inFlight: number;
  /** Number of its latest slot. */
  lastSlot: number;
}

const NEVER_SERVED: Served = { inFlight: 0, lastSlot: 0 };

/**
 * The same collectors under one token or several: all requests to them count against one limit. While it is reached,
 * the source with the fewest requests in flight comes next, and sources with the same number take turns, so that a busy
 * source, or a token that is used much, does not starve the others.
 */
export class CollectorSet {
  readonly #maxConcurrentRequests: number;
  readonly #members = new Set<SetMember>();
  /** By name. */
  readonly #sources = new Map<string, Served>();
  #inFlight = 0;
  #slots = 0;

  /**
   * @param maxConcurrentRequests Most requests in flight, over all members.
   */
  constructor(maxConcurrentRequests: number) {
    this.#maxConcurrentRequests = maxConcurrentRequests;
  }

  /** Adds endpoints. Disposing removes them; their requests in flight stay counted. */
  join(member: SetMember): Disposable {
    this.#members.add(member);
    return { [Symbol.dispose]: () => void this.#members.delete(member) };
  }

  /** Serves all that can be served now, each member's callers in the order that the member gives. */
  serve(): void {
    // Read first: what becomes ready while others are served must not be missed.
    const readyInMs = [...this.#members].map((member) => [member, member.readyInMs()] as const);
    while (this.#inFlight < this.#maxConcurrentRequests) {
      let first: NextCaller | undefined;
      for (const member of this.#members) {
        const next = member.next();
        if (next && (!first || this.comesBefore(next.source, first.source))) first = next;
      }
      if (!first) break;
      first.grant();
    }
    for (const [member, ms] of readyInMs) member.serveIn(ms);
  }

  /** Whether the first of two callers is served first; of the same source, the one that asked first should be. */
  comesBefore(a: string | undefined, b: string | undefined): boolean {
    if (a === undefined || b === undefined) return a === undefined && b !== undefined;
    const [first, second] = [this.#servedOf(a), this.#servedOf(b)];
    return first.inFlight === second.inFlight
      ? first.lastSlot < second.lastSlot
      : first.inFlight < second.inFlight;
  }

  /**
   * Counts a request in flight.
   * @param source Whose events it has; undefined for a poll.
   * @returns ends it; called once.
   */
  begin(source: string | undefined): () => void {
    this.#inFlight++;
    if (source === undefined) return () => void this.#inFlight--;
    const served = this.#sources.get(source) ?? { ...NEVER_SERVED };
    this.#sources.set(source, served);
    served.inFlight++;
    served.lastSlot = ++this.#slots;
    return () => {
      this.#inFlight--;
      served.inFlight--;
    };
  }

  /** Forgets a source that is removed. */
  forget(source: string): void {
    this.#sources.delete(source);
  }

  #servedOf(source: string): Served {
    return this.#sources.get(source) ?? NEVER_SERVED;
  }
}
