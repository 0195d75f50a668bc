import type { Clock } from "../base/clock.ts";
import { modeOf, writeAll } from "../base/durable_file.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { openInPlace } from "../base/plain_file.ts";
import { isPassing } from "../base/usable_path.ts";

/** While the disk refuses, a line tries it again at most this often. */
const RETRY_MS = 10_000;
/** Of a log file that is made new, whatever the umask says: it names hosts, sources and counts. */
const MODE = 0o600;

export interface LogFileOptions {
  readonly path: string;
  /** Size at which a file is followed by a new one. */
  readonly maxBytes: number;
  /** Older files that are kept: the file's name with `.1`, `.2` and so on. */
  readonly backups: number;
  readonly clock: Clock;
  /** Takes the lines that the disk refuses. Must not throw. */
  readonly otherwise: (line: string) => void;
  /** A line of the log about the file itself. */
  readonly notice: (level: "error" | "info", message: string) => string;
}

/**
 * A log file that is rotated by size, a line at a time. What it needs leave for is the file and its backups, not their
 * folder.
 *
 * While the disk refuses (full, read-only), lines go elsewhere, which is said once; then they come back.
 */
export class LogFile implements Disposable {
  readonly #options: LogFileOptions;
  #file: Deno.FsFile | undefined;
  #bytes = 0;
  #failedAtMs = 0;
  /** Lines that went elsewhere; undefined while the file takes them. */
  #elsewhere: number | undefined;

  /** @throws {OperatorError} when the file cannot be used and no room on the disk would help. */
  constructor(options: LogFileOptions) {
    this.#options = options;
    try {
      this.#open(MODE);
    } catch (error) {
      if (!isPassing(error)) {
        throw new OperatorError(
          `Cannot open the log file ${options.path}: ${describeError(error)}`,
          "Check log.file, and that its folder exists and may be written",
          { cause: error },
        );
      }
      this.#fail(error);
    }
  }

  /** Writes a line, its end included. Never throws. */
  write(line: string): void {
    const { otherwise, clock, notice } = this.#options;
    const isDue = clock.monotonicMs() - this.#failedAtMs >= RETRY_MS;
    if (this.#elsewhere === undefined || isDue) {
      try {
        if (this.#elsewhere !== undefined) {
          this.#add(notice("info", this.#backText(this.#elsewhere)));
          otherwise(notice("info", this.#backText(this.#elsewhere)));
          this.#elsewhere = undefined;
        }
        return this.#add(line);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#elsewhere = (this.#elsewhere ?? 0) + 1;
    otherwise(line);
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #add(line: string): void {
    const bytes = new TextEncoder().encode(line);
    if (!this.#file) this.#open(MODE);
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#options.maxBytes) this.#rotate();
    const file = this.#file!;
    try {
      writeAll(file, bytes);
      this.#bytes += bytes.length;
    } catch (error) {
      file.truncateSync(this.#bytes); // half a line would run into the next one
      throw error;
    }
  }

  /** Moves every file to the next number, the last one away, and begins a new one with the mode of the old one. */
  #rotate(): void {
    const { path, backups } = this.#options;
    const file = this.#file!;
    if (backups === 0) {
      file.truncateSync(0);
      this.#bytes = 0;
      return;
    }
    const mode = modeOf(path, Deno.statSync) ?? MODE;
    for (let number = backups; number > 0; number--) {
      renameIfThere(number === 1 ? path : `${path}.${number - 1}`, `${path}.${number}`);
    }
    this.#file = undefined;
    file.close();
    this.#open(mode);
  }

  /** Opens the file or makes it; one that is there keeps its mode. */
  #open(mode: number): void {
    const { path } = this.#options;
    this.#file = openInPlace(path, { append: true }, mode);
    this.#bytes = this.#file.seekSync(0, Deno.SeekMode.End);
  }

  #fail(error: unknown): void {
    const { path, clock, otherwise, notice } = this.#options;
    this.#failedAtMs = clock.monotonicMs();
    this.#file?.close();
    this.#file = undefined;
    if (this.#elsewhere !== undefined) return;
    this.#elsewhere = 0;
    otherwise(notice(
      "error",
      `Cannot write to the log file ${path}: ${
        describeError(error)
      }; its lines come here until it ` +
        "can be written. Hint: make room on the disk, or the folder writable; delivery does not wait for it",
    ));
  }

  #backText(lines: number): string {
    return `The log file ${this.#options.path} can be written again; ${lines} lines went to standard error`;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
