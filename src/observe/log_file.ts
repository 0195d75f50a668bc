import type { Clock } from "../base/clock.ts";
import { modeOf, writeAll } from "../base/durable_file.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { countText } from "../base/format.ts";
import { openInPlace } from "../base/plain_file.ts";
import { isPassing } from "../base/usable_path.ts";

/** While the disk refuses, the file is tried again at most this often. */
const RETRY_MS = 10_000;
/** Mode of a new log file, whatever the umask: the log names hosts, sources and counts. */
const MODE = 0o600;

interface LogFileOptions {
  readonly path: string;
  /** Size at which the file is rotated. */
  readonly maxBytes: number;
  /** Number of older files to keep, named with `.1`, `.2` and so on. */
  readonly backups: number;
  readonly clock: Clock;
  /** Takes the lines that the disk refuses. Must not throw. */
  readonly fallback: (line: string) => void;
  /** Makes a line of the log about the file itself. */
  readonly notice: (level: "error" | "info", message: string) => string;
}

/**
 * A log file that is rotated by size, between lines. It needs permission for the file and its backups, not for their
 * folder.
 *
 * While the disk refuses (full, read-only), lines go to the fallback. This is reported once, and so is its end.
 */
export class LogFile implements Disposable {
  readonly #options: LogFileOptions;
  #file: Deno.FsFile | undefined;
  #bytes = 0;
  #failedAtMs = 0;
  /** Number of lines that went to the fallback; undefined while the file takes them. */
  #diverted: number | undefined;

  /**
   * @throws {OperatorError} when the file cannot be used, and free disk space would not help.
   */
  constructor(options: LogFileOptions) {
    this.#options = options;
    try {
      this.#open(MODE);
    } catch (error) {
      if (!isPassing(error)) {
        throw new OperatorError(
          `Cannot open the log file ${options.path}: ${describeError(error)}`,
          "Check log.file, and that its folder exists and is writable",
          { cause: error },
        );
      }
      this.#fail(error);
    }
  }

  /**
   * Writes a line. Never throws.
   *
   * @param line Includes its line end.
   */
  write(line: string): void {
    const { fallback, clock, notice } = this.#options;
    const isDue = clock.monotonicMs() - this.#failedAtMs >= RETRY_MS;
    if (this.#diverted === undefined || isDue) {
      try {
        if (this.#diverted !== undefined) {
          this.#add(notice("info", this.#backText(this.#diverted)));
          fallback(notice("info", this.#backText(this.#diverted)));
          this.#diverted = undefined;
        }
        return this.#add(line);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#diverted = (this.#diverted ?? 0) + 1;
    fallback(line);
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
      file.truncateSync(this.#bytes); // the next line would continue half a line
      throw error;
    }
  }

  /** Moves each file to the next number, drops the last one, and starts a new one with the mode of the old one. */
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

  /** Opens or creates the file; an existing one keeps its mode. */
  #open(mode: number): void {
    const { path } = this.#options;
    this.#file = openInPlace(path, { append: true }, mode);
    this.#bytes = this.#file.seekSync(0, Deno.SeekMode.End);
  }

  #fail(error: unknown): void {
    const { path, clock, fallback, notice } = this.#options;
    this.#failedAtMs = clock.monotonicMs();
    this.#file?.close();
    this.#file = undefined;
    if (this.#diverted !== undefined) return;
    this.#diverted = 0;
    const message = `Cannot write to the log file ${path}: ${describeError(error)}. Its lines go ` +
      "to standard error until it can be written; delivery does not wait for it. Hint: free disk " +
      "space, or make the file and its folder writable";
    fallback(notice("error", message));
  }

  #backText(lines: number): string {
    const went = `${countText(lines, "line")} went to standard error`;
    return `The log file ${this.#options.path} can be written again; ${went}`;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
