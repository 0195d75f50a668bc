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

/** How far one shard is, and what became of its logs, over all starts of the job. */
export type ShardState = z.output<typeof shardState>;

/** What a state file holds. */
type StateContent = z.output<typeof stateFile>;

/**
 * How far a backfill is, in a file that is replaced as a whole and synced at each step: after a crash it has either the
 * old step or the new one. It is locked, so that only one program uses it.
 */
export class BackfillState implements Disposable {
  readonly #path: string;
  readonly #lock: Deno.FsFile;
  #content: StateContent | undefined;
  /** By shard, the state that the next step will save. */
  readonly #covered = new Map<string, ShardState>();

  private constructor(path: string, lock: Deno.FsFile) {
    this.#path = path;
    this.#lock = lock;
    this.#content = readState(path);
  }

  /**
   * Opens the file, which need not exist; its folder is created.
   * @throws {UsageError} when it is not a state file, or is in use by another program.
   */
  static async open(path: string, clock: Clock): Promise<BackfillState> {
    const lock = openLock(path);
    try {
      if (!await tryLock(lock, clock)) {
        throw new UsageError(
          `Cannot use the state file ${path}: it is in use by another program`,
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

  /** Content of the file; undefined when nothing was begun. */
  get content(): StateContent | undefined {
    return this.#content;
  }

  /**
   * @throws {UsageError} when the file is of another job.
   */
  checkJob(job: BackfillJob): void {
    if (!this.#content) return;
    const [had, wanted] = [jobText(this.#content.job), jobText(job)];
    if (had === wanted) return;
    throw new UsageError(
      `Cannot continue with state file ${this.#path}: it belongs to another backfill: found ${had}, ` +
        `expected ${wanted}`,
      "Give another --state, or the arguments with which this one was begun",
    );
  }

  /** Begins a job. This is on disk before anything is read. */
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

  /** The state of one shard, as in the file. */
  shard(source: string, shard: number): ShardState {
    const found = this.#content?.shards.find((item) =>
      item.source === source && item.shard === shard
    );
    if (!found) throw new RangeError(`Cannot find shard ${shard} of ${source} in the backfill`);
    return found;
  }

  /** Adds to what the next step of a shard will save. */
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
   * Moves a shard to a cursor, and saves what was covered before. It is durable on return.
   * @throws {OperatorError} when it cannot be written; the file is unchanged then.
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
        "Free disk space. Events since the last saved step may be sent again",
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
    `Cannot use ${path}: it is not a state file of \`sls2hec backfill\``,
    "Give another --state; no file is overwritten",
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller reports it
  }
}

/** The same text for the same job. */
function jobText(
  { endpoint, from, to, shards, sources }: StateContent["job"] | BackfillJob,
): string {
  const named = sources.map(({ name, query, processor }) => ({ name, query, processor }));
  return JSON.stringify({ endpoint, from, to, shards, sources: named });
}
