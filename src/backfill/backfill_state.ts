import { z } from "zod";
import type { Clock } from "../base/clock.ts";
import {
  folderOf,
  removeIfThere,
  removeLeftovers,
  replaceFile,
  tryLock,
} from "../base/durable_file.ts";
import { fetchedLogs } from "../base/log_counts.ts";
import { describeError, OperatorError, UsageError } from "../base/errors.ts";
import { openInPlace } from "../base/plain_file.ts";
import type { CoveredRange } from "../consumer/ports.ts";
import type { BackfillJob, ShardRange } from "./backfill_plan.ts";

const count = z.int().min(0);
const shardState = z.strictObject({
  source: z.string(),
  shard: count,
  from: z.string(),
  to: z.string(),
  /** Everything before this cursor is delivered or parked. */
  reached: z.string(),
  fetched: count,
  delivered: count,
  filtered: count,
  parked: count,
  pages: count,
  raw_bytes: count,
  event_bytes: count,
  resends: count,
  /** Ranges whose logs had expired before they could be read. */
  expired: z.array(z.strictObject({ from: z.string(), to: z.string() })),
});

const stateFile = z.strictObject({
  sls2hec_backfill: z.literal(1),
  job: z.strictObject({
    endpoint: z.string(),
    from: z.string(),
    to: z.string(),
    shards: z.array(count).optional(),
    sources: z.array(z.strictObject({
      name: z.string(),
      query: z.string().optional(),
      processor: z.string().optional(),
    })),
  }),
  /** The times of the job in seconds since 1970, as they were when it began. */
  from_sec: count,
  to_sec: count,
  shards: z.array(shardState),
});

/** How far one shard has come, and what became of its logs; sums over all starts of the job. */
export type ShardState = z.output<typeof shardState>;

/** What a state file holds. */
export type StateContent = z.output<typeof stateFile>;

/**
 * How far a backfill has come, in a file that is replaced as a whole and synced at each step: after a
 * crash it holds the step before or the new one. One program a file: it is locked.
 */
export class BackfillState implements Disposable {
  readonly #path: string;
  readonly #lock: Deno.FsFile;
  #content: StateContent | undefined;
  /** What is delivered and will be counted with the next step, by shard. */
  readonly #covered = new Map<string, ShardState>();

  private constructor(path: string, lock: Deno.FsFile) {
    this.#path = path;
    this.#lock = lock;
    this.#content = readState(path);
  }

  /**
   * Opens the file, which need not exist; its folder is made.
   * @throws {UsageError} when it is no state file, or another program works on it.
   */
  static async open(path: string, clock: Clock): Promise<BackfillState> {
    const lock = openLock(path);
    try {
      if (!await tryLock(lock, clock)) {
        throw new UsageError(
          `Cannot use the state file ${path}: another program works on this backfill`,
          "Wait until it ends, or give another --state for another backfill",
        );
      }
      removeLeftovers(path);
      removeIfThere(`${path}.tmp`); // a name that earlier versions took
      return new BackfillState(path, lock);
    } catch (error) {
      lock.close();
      throw error;
    }
  }

  /** What the file holds; undefined when nothing was begun. */
  get content(): StateContent | undefined {
    return this.#content;
  }

  /** @throws {UsageError} when the file is of another job. */
  checkJob(job: BackfillJob): void {
    if (!this.#content) return;
    const [had, wanted] = [jobText(this.#content.job), jobText(job)];
    if (had === wanted) return;
    throw new UsageError(
      `Cannot go on with state file ${this.#path}: it is of another backfill: found ${had}, ` +
        `expected ${wanted}`,
      "Give another --state, or the arguments that this one was begun with",
    );
  }

  /** Begins a job: nothing is read before this is on disk. */
  begin(
    job: BackfillJob,
    times: { readonly fromSec: number; readonly toSec: number },
    ranges: readonly ShardRange[],
  ): void {
    this.#save({
      sls2hec_backfill: 1,
      job: JSON.parse(jobText(job)),
      from_sec: times.fromSec,
      to_sec: times.toSec,
      shards: ranges.map((range) => ({
        ...range,
        reached: range.from,
        fetched: 0,
        delivered: 0,
        filtered: 0,
        parked: 0,
        pages: 0,
        raw_bytes: 0,
        event_bytes: 0,
        resends: 0,
        expired: [],
      })),
    });
  }

  /** One shard as the file has it. */
  shard(source: string, shard: number): ShardState {
    const found = this.#content?.shards.find((item) =>
      item.source === source && item.shard === shard
    );
    if (!found) throw new RangeError(`Cannot find shard ${shard} of ${source} in the backfill`);
    return found;
  }

  /** Counts what the next step of a shard covers. */
  cover(source: string, shard: number, { from, to, expired, counts }: CoveredRange): void {
    const key = `${source} ${shard}`;
    const now = this.#covered.get(key) ?? this.shard(source, shard);
    this.#covered.set(key, {
      ...now,
      fetched: now.fetched + fetchedLogs(counts),
      delivered: now.delivered + counts.delivered,
      filtered: now.filtered + counts.filtered,
      parked: now.parked + counts.parked,
      pages: now.pages + counts.pages,
      raw_bytes: now.raw_bytes + counts.rawBytes,
      event_bytes: now.event_bytes + counts.eventBytes,
      resends: now.resends + counts.resends,
      expired: expired ? [...now.expired, { from, to }] : now.expired,
    });
  }

  /**
   * Moves a shard to a cursor, with everything counted that was covered before. Durable on return.
   * @throws {OperatorError} when the disk refuses; the file is as it was then.
   */
  reach(source: string, shard: number, cursor: string): void {
    const before = this.shard(source, shard);
    const after = { ...this.#covered.get(`${source} ${shard}`) ?? before, reached: cursor };
    const content = this.#content!;
    this.#save({
      ...content,
      shards: content.shards.map((item) => item === before ? after : item),
    });
    this.#covered.delete(`${source} ${shard}`);
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }

  #save(content: StateContent): void {
    const path = this.#path;
    try {
      replaceFile(path, new TextEncoder().encode(JSON.stringify(content, null, 1) + "\n"));
    } catch (error) {
      throw new OperatorError(
        `Cannot write the state file ${path}: ${describeError(error)}`,
        "What is delivered since its last step would come again. Make room on the disk",
        { cause: error },
      );
    }
    this.#content = content;
  }
}

function openLock(path: string): Deno.FsFile {
  try {
    Deno.mkdirSync(folderOf(path), { recursive: true, mode: 0o700 });
    return openInPlace(`${path}.lock`, { write: true });
  } catch (error) {
    throw new UsageError(
      `Cannot use the state file ${path}: ${describeError(error)}`,
      "Give a --state file, or set backfill.folder, where this program may write",
      { cause: error },
    );
  }
}

function readState(path: string): StateContent | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(
      `Cannot read the state file ${path}: ${describeError(error)}`,
      "Give a --state file that this program may read",
      { cause: error },
    );
  }
  const parsed = stateFile.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `Cannot go on with ${path}: it is no state file of \`sls2hec backfill\``,
    "Give another --state; no file is overwritten",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no state file, as the caller says
  }
}

/** The same text for the same job. */
function jobText(
  { endpoint, from, to, shards, sources }: StateContent["job"] | BackfillJob,
): string {
  const named = sources.map(({ name, query, processor }) => ({ name, query, processor }));
  return JSON.stringify({ endpoint, from, to, shards, sources: named });
}
