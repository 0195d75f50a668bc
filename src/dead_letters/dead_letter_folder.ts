import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { appendSynced, syncFolder, TornFile } from "../base/durable_file.ts";
import { describeError } from "../base/operator_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { abortable } from "../base/abortable.ts";
import { type DeadLetter, deadLetterLine, type DeadLetterPort } from "./dead_letter.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };

export interface DeadLetterFolderOptions {
  /** Made when the first letter comes. */
  readonly folder: string;
  /** A file that has grown to this is followed by a new one. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

interface Waiting {
  readonly line: Uint8Array;
  readonly written: () => void;
}

/**
 * Appends dead letters to files of JSON lines, each letter synced to disk before it counts.
 *
 * Every process writes files of its own, locked while it does, so that a replay at the same time leaves
 * them alone. When the disk refuses, the letter waits and with it its source; nothing is dropped.
 */
export class DeadLetterFolder implements DeadLetterPort, AsyncDisposable {
  readonly #options: DeadLetterFolderOptions;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;
  #files = 0;
  #failures = 0;
  readonly #stop = new AbortController();

  constructor(options: DeadLetterFolderOptions) {
    this.#options = options;
  }

  /** @throws also when the folder is disposed before the letter is written. */
  async park(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    either.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = new TextEncoder().encode(deadLetterLine(letter, this.#options.clock.nowMs()));
    const written = () => {
      this.#tell(letter);
      resolve();
    };
    const entry = { line, written };
    this.#waiting.push(entry);
    this.#writing ??= this.#write();
    try {
      await abortable(promise, either);
    } finally {
      this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("The dead-letter folder is closed", "AbortError"));
    await this.#writing;
    this.#close();
  }

  /** Writes what waits, all of it with one sync, until nothing waits. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const batch = [...this.#waiting];
      try {
        await this.#append(batch.map(({ line }) => line));
      } catch (error) {
        await this.#reportAndWait(error);
        continue;
      }
      this.#waiting = this.#waiting.filter((waiting) => !batch.includes(waiting));
      for (const { written } of batch) written();
      if (this.#failures > 0) {
        this.#failures = 0;
        this.#options.telemetry({ type: "recovered", about: this.#about });
      }
    }
    this.#writing = undefined;
  }

  #tell({ source, shard, cursor, reason, status, code, text }: DeadLetter): void {
    const { folder, telemetry } = this.#options;
    telemetry({ type: "parked", source, shard, cursor, reason, status, code, text, folder });
  }

  async #append(lines: readonly Uint8Array[]): Promise<void> {
    if (this.#fileBytes >= this.#options.maxBytes) this.#close();
    const file = this.#file ??= await this.#open();
    try {
      this.#fileBytes = await appendSynced(file, this.#fileBytes, lines);
    } catch (error) {
      if (error instanceof TornFile) this.#leaveTorn(error);
      throw error;
    }
  }

  /** Leaves a file alone with its half-written line; the next letter goes into a new one. */
  #leaveTorn(error: TornFile): void {
    this.#options.telemetry({
      type: "trouble",
      about: `${this.#about}: file`,
      message: `Cannot take back a half-written dead letter: ${error.message}`,
      hint: "The file's last line is torn; readers stop before it. A new file is begun",
      retryInMs: 0,
    });
    this.#close();
  }

  async #open(): Promise<Deno.FsFile> {
    const { folder } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const file = await this.#create();
    try {
      await file.lock(true);
      syncFolder(folder);
    } catch (error) {
      file.close();
      throw error;
    }
    this.#fileBytes = 0;
    return file;
  }

  async #create(): Promise<Deno.FsFile> {
    const { folder, clock } = this.#options;
    const time = new Date(clock.nowMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    for (;;) {
      const path = `${folder}/${time}-${Deno.pid}-${this.#files++}.jsonl`;
      try {
        return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      } catch (error) {
        // The file of another process: in containers all have the same id.
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#fileBytes = 0;
  }

  async #reportAndWait(error: unknown): Promise<void> {
    const { folder, clock, random, telemetry } = this.#options;
    const retryInMs = backoffMs(RETRY, ++this.#failures, random);
    telemetry({
      type: "trouble",
      about: this.#about,
      message: `Cannot write ${this.#waiting.length} dead letters to ${folder}: ${
        describeError(error)
      }`,
      hint:
        "Their sources are held and keep their logs. Make room on the disk or the folder writable",
      retryInMs,
      held: true,
    });
    try {
      await clock.sleep(retryInMs, this.#stop.signal);
    } catch {
      // Stopping ends this sleep early, and nothing else does.
    }
  }

  get #about(): string {
    return "dead letters";
  }
}
