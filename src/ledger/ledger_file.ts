import type { Clock } from "../base/clock.ts";
import { appendSynced, tryLock, writeAll } from "../base/durable_file.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { isOwnStream, openInPlace, ownStream } from "../base/plain_file.ts";
import { isPassing } from "../base/usable_path.ts";
import { type LedgerLine, NO_HASH, readLedgerLine, writeLedgerLine } from "./ledger_line.ts";

/** How much of a file's end is looked at for its last line; four times as much each time that there is none. */
const TAIL_BYTES = 64 * 1024;
/** Lines have some hundred bytes, a few thousand at most; earlier versions wrote cursors of any length. */
const TAIL_MAX_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/** What the file adds to a line by itself. */
export type LedgerEntryToWrite = Omit<LedgerLine, "n" | "time" | "prev">;

/**
 * Appends ledger lines to a file, each chained to the one before by its hash and synced before its
 * checkpoint is written. One program a file: it is locked.
 *
 * `/dev/stdout` and `/dev/stderr` mean the process's own streams: each start begins a chain of its own there, and a
 * line is written when the stream has taken it.
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
   * @param onRefused Told why the disk (full, read-only) does not let the file be opened: each line tries it again.
   * @throws {OperatorError} when the file cannot be opened and no room on the disk would help, another program writes
   * it, or its last line is not one of this program's.
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
   * Writes a line; durable when it resolves. One at a time, in the order of the calls.
   * @throws {OperatorError} when the disk refuses; nothing of the line is left then.
   */
  append(entry: LedgerEntryToWrite): Promise<void> {
    const written = (async () => {
      await this.#writing;
      await this.#write(entry);
    })();
    this.#writing = ignoreFailure(written); // told to the one who called; the next one tries anew
    return written;
  }

  async #write(entry: LedgerEntryToWrite): Promise<void> {
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
        WAITS,
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

const WAITS = "The checkpoint waits for it. Make room on the disk, or the file writable";

/** Where the chain stands. */
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
      "Give each process a ledger.file of its own; `sls2hec ledger verify` takes several",
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
    // Its caller has it.
  }
}

function openFile(path: string): Deno.FsFile {
  try {
    return openInPlace(path, { read: true, write: true });
  } catch (error) {
    throw new OperatorError(
      `Cannot open the ledger file ${path}: ${describeError(error)}`,
      isPassing(error) ? WAITS : "Check ledger.file, and that its folder exists and may be written",
      { cause: error },
    );
  }
}

/** Where the chain stands. A line cut off by a crash is ended: its checkpoint was never written. */
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
    if (bytes < size && bytes < TAIL_MAX_BYTES) continue;
    if (bytes === size && lines.length === 0) return { lines: 0, prev: NO_HASH };
    throw new OperatorError(
      `Cannot go on with the ledger file ${path}: found no ledger line at its end`,
      "Set ledger.file to another name, or move the file away",
    );
  }
}

/** The lines that are ended; the first may have begun before the bytes do. */
function wholeLines(bytes: Uint8Array): string[] {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  return new TextDecoder().decode(bytes.subarray(0, end)).split("\n").filter((line) => line !== "");
}

function readTail(file: Deno.FsFile, size: number, mostBytes: number): Uint8Array {
  const start = Math.max(0, size - mostBytes);
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
