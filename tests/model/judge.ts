/** One log group: `shard:position`. */
export type LogId = string;

/** The state of a shard at the server, as the judge needs it. */
export interface ShardTruth {
  readonly owner: string;
  /** Whose data must come before this shard's, in an ordered group. */
  readonly ancestors: readonly number[];
  readonly endPosition: number;
}

/** What the judge must know of a process. */
export interface Suspect {
  readonly name: string;
  /** Until when it may not have heard that the server has taken its shards without its doing. */
  readonly unawareUntilMs: number;
  /** When it was last continued after it had been suspended. */
  readonly wokenMs: number;
  /** When it last lost its leases, gave something up, was suspended or was killed. */
  readonly disturbedMs: readonly number[];
}

interface Delivery {
  readonly atMs: number;
  readonly by: Suspect;
  /** Its sender may not yet have known that the shard was taken from it. */
  readonly unaware: boolean;
}

/** A process that was continued may send what it had read, for as long as it takes to look around. */
const WAKING_MS = 100;

/** Watches every delivery and every checkpoint, and names each promise that is broken. */
export class Judge {
  readonly broken: string[] = [];
  readonly #delivered = new Map<LogId, Delivery[]>();
  /** By shard, how many of its first log groups are delivered without a hole. */
  readonly #unbroken = new Map<number, number>();
  readonly #inOrder: boolean;
  readonly #truth: (shard: number) => ShardTruth | undefined;
  duplicates = 0;
  deliveries = 0;
  checkpoints = 0;

  constructor(
    truth: (shard: number) => ShardTruth | undefined,
    inOrder: boolean,
  ) {
    this.#truth = truth;
    this.#inOrder = inOrder;
  }

  /** HEC takes the log groups of a shard from one position up to another. */
  delivered(by: Suspect, shard: number, from: number, to: number, atMs: number): void {
    const delivery = { atMs, by, unaware: this.#isUnaware(by, atMs) };
    this.#expectOwner(by, shard, delivery.unaware, `delivers ${shard}:${from} at ${atMs}`);
    for (let position = from; position < to; position++) {
      const id = `${shard}:${position}`;
      const before = this.#delivered.get(id);
      if (!before) {
        this.#expectAncestors(shard, id);
        this.#delivered.set(id, [delivery]);
      } else {
        this.#expectExcuse(id, before.at(-1)!, delivery);
        before.push(delivery);
        this.duplicates++;
      }
      this.deliveries++;
    }
  }

  /** A process asks for a checkpoint to be moved. */
  asked(by: Suspect, shard: number, atMs: number): void {
    // Continued or not: whoever may write looks at the time first.
    this.#expectOwner(
      by,
      shard,
      atMs <= by.unawareUntilMs,
      `writes the checkpoint of shard ${shard} at ${atMs}`,
    );
  }

  /** The server has moved a checkpoint. */
  moved(by: Suspect, shard: number, position: number): void {
    this.checkpoints++;
    const safe = this.unbroken(shard);
    if (position > safe) {
      this.broken.push(`${by.name} moves shard ${shard} to ${position}, delivered are ${safe}`);
    }
  }

  /** How many log groups of a shard are delivered, counted from its first one up to the first hole. */
  unbroken(shard: number): number {
    let count = this.#unbroken.get(shard) ?? 0;
    while (this.#delivered.has(`${shard}:${count}`)) count++;
    this.#unbroken.set(shard, count);
    return count;
  }

  #isUnaware(by: Suspect, atMs: number): boolean {
    return atMs <= by.unawareUntilMs || atMs - by.wokenMs <= WAKING_MS;
  }

  #expectOwner(by: Suspect, shard: number, unaware: boolean, what: string): void {
    const owner = this.#truth(shard)?.owner ?? "";
    if (owner === by.name || unaware) return;
    this.broken.push(`${by.name} ${what}, which is ${owner || "no consumer"}'s`);
  }

  #expectAncestors(shard: number, id: LogId): void {
    if (!this.#inOrder) return;
    for (const ancestor of this.#truth(shard)?.ancestors ?? []) {
      const end = this.#truth(ancestor)?.endPosition ?? 0;
      if (this.unbroken(ancestor) < end) this.broken.push(`${id} comes before all of ${ancestor}`);
    }
  }

  /** A log comes twice only when one of its senders was disturbed in between, or acts unawares. */
  #expectExcuse(id: LogId, first: Delivery, second: Delivery): void {
    const excused = first.unaware || second.unaware ||
      first.by.disturbedMs.some((ms) => ms >= first.atMs && ms <= second.atMs);
    if (excused) return;
    const [one, two] = [first, second].map(({ by, atMs }) => `${by.name} at ${atMs}`);
    this.broken.push(`${id} comes twice, from ${one} and ${two}`);
  }
}
