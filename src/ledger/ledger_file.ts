import type { Clock } from "../base/clock.ts";
import { appendSynced, tryLock, writeAll } from "../base/durable_file.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { isOwnStream, openInPlace, ownStream } from "../base/plain_file.ts";
import { isPassing } from "../base/usable_path.ts";
import { type LedgerRange, NO_HASH, readLedgerLine, writeLedgerLine } from "./ledger_line.ts";

/** How much of a file's end is searched for its last line; four times as much each time that there is none. */
const TAIL_BYTES = 64 * 1024;
/** Lines have some hundred bytes, at most a few thousand; earlier versions wrote cursors of any length. */
const MAX_TAIL_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Appends ledger lines to a file. Each line has the hash of the line before, and is synced before its checkpoint is
 * written. The file is locked: one program writes it.
 *
 * `/dev/stdout` and `/dev/stderr` mean the process's own streams: each start begins a new chain there, and a line is
 * written when the stream has accepted it.
 */
export class LedgerFile implements Disposable {
  readonly #path: string;
  readonly #clock: Clock;
  #chain: Chain | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, clock: Clock, chain: Chain | undefined) {
    this.#path = path;
    this.#clock = clock;
    this.#chain = chain;
  }

  /**
   * Opens the file, or creates it.
   *
   * @param onRefused Called when the disk (full, read-only) refuses; then each line tries to open the file again.
   * @throws {OperatorError} when the file cannot be opened and free disk space would not help, when another program
   * writes it, or when its last line is not a ledger line.
   */
  static async open(
    path: string,
    clock: Clock,
    onRefused: (error: unknown) => void = () => {},
  ): Promise<LedgerFile> {
    try {
      return new LedgerFile(path, clock, await openChain(path, clock));
    } catch (error) {
      if (!isPassing(error)) throw error;
      onRefused(error);
      return new LedgerFile(path, clock, undefined);
    }
  }

  /**
   * Writes a line, which is durable when this resolves. Lines are written one at a time, in the order of the calls.
   *
   * @throws {OperatorError} when the disk refuses; nothing of the line is left then.
   */
  append(entry: LedgerRange): Promise<void> {
    const written = (async () => {
      await this.#writing;
      await this.#write(entry);
    })();
    this.#writing = ignoreFailure(written); // the caller gets the failure; the next line tries again
    return written;
  }

  async #write(entry: LedgerRange): Promise<void> {
    const chain = this.#chain ??= await openChain(this.#path, this.#clock);
    const { text, hash } = writeLedgerLine({
      n: chain.lines + 1,
      time: new Date(this.#clock.nowMs()).toISOString(),
      ...entry,
      prev: chain.prev,
    });
    const bytes = new TextEncoder().encode(text);
    try {
      await this.#add(chain, bytes); // half a line would break the chain
    } catch (error) {
      throw new OperatorError(
        `Cannot write to the ledger file ${this.#path}: ${describeError(error)}`,
        CHECKPOINT_WAITS,
        { cause: error },
      );
    }
    chain.lines++;
    chain.prev = hash;
  }

  async #add({ file }: Chain, bytes: Uint8Array): Promise<void> {
    if (!file) return writeAll(ownStream(this.#path)!, bytes);
    await appendSynced(file, await file.seek(0, Deno.SeekMode.End), [bytes]);
  }

  [Symbol.dispose](): void {
    this.#chain?.file?.close();
  }
}

const CHECKPOINT_WAITS = "Free disk space, or make the file writable. Checkpoints wait until then";

/** The end of the chain. */
interface Chain {
  /** Locked; undefined for a stream of the process. */
  readonly file: Deno.FsFile | undefined;
  lines: number;
  prev: string;
}

async function openChain(path: string, clock: Clock): Promise<Chain> {
  if (isOwnStream(path)) return { file: undefined, lines: 0, prev: NO_HASH };
  const file = openFile(path);
  try {
    if (await tryLock(file, clock)) return { file, ...continueFrom(file, path) };
    throw new OperatorError(
      `Cannot use the ledger file ${path}: another program writes it`,
      "Give each process its own ledger.file; `sls2hec ledger verify` accepts several files",
    );
  } catch (error) {
    file.close();
    throw error;
  }
}

async function ignoreFailure(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch {
    // The caller gets it.
  }
}

function openFile(path: string): Deno.FsFile {
  try {
    return openInPlace(path, { read: true, write: true });
  } catch (error) {
    throw new OperatorError(
      `Cannot open the ledger file ${path}: ${describeError(error)}`,
      isPassing(error)
        ? CHECKPOINT_WAITS
        : "Check ledger.file, and that its folder exists and is writable",
      { cause: error },
    );
  }
}

/** Finds the end of the chain. A line that a crash cut off is ended: its checkpoint was never written. */
function continueFrom(file: Deno.FsFile, path: string): { lines: number; prev: string } {
  const size = file.seekSync(0, Deno.SeekMode.End);
  const tail = readTail(file, size, 1);
  if (tail.length > 0 && tail.at(-1) !== NEWLINE) {
    file.seekSync(0, Deno.SeekMode.End);
    file.writeSync(Uint8Array.of(NEWLINE));
  }
  for (let bytes = Math.min(TAIL_BYTES, size);; bytes = Math.min(4 * bytes, size)) {
    const lines = wholeLines(readTail(file, size, bytes));
    const last = lines.findLast((line) => readLedgerLine(line) !== undefined);
    if (last !== undefined) {
      const { n, hash } = readLedgerLine(last)!;
      return { lines: n, prev: hash };
    }
    if (bytes < size && bytes < MAX_TAIL_BYTES) continue;
    if (bytes === size && lines.length === 0) return { lines: 0, prev: NO_HASH };
    throw new OperatorError(
      `Cannot append to the ledger file ${path}: found no ledger line at its end`,
      "Check ledger.file: it may name a file of another kind. Give another name, or move the file away",
    );
  }
}

/** The complete lines; the first may lack its beginning. */
function wholeLines(bytes: Uint8Array): string[] {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  return new TextDecoder().decode(bytes.subarray(0, end)).split("\n").filter((line) => line !== "");
}

function readTail(file: Deno.FsFile, size: number, maxBytes: number): Uint8Array {
  const start = Math.max(0, size - maxBytes);
  file.seekSync(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(size - start);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
