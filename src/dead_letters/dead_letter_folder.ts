import { Backoff } from "../base/backoff.ts";
import { appendSynced, syncFolder, TornFile } from "../base/durable_file.ts";
import type { Env } from "../base/env.ts";
import { countText } from "../base/format.ts";
import { Incident } from "../base/incident.ts";
import { describeError } from "../base/errors.ts";
import { abortable } from "../base/on_abort.ts";
import { type DeadLetter, deadLetterLine, type DeadLetterPort } from "./dead_letter.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };

interface DeadLetterFolderOptions {
  /** Created when the first letter comes. */
  readonly folder: string;
  /** Size at which a new file is started. */
  readonly maxBytes: number;
}

interface Waiting {
  readonly line: Uint8Array;
  readonly written: () => void;
}

/**
 * Appends dead letters to files of JSON lines, each letter synced to disk before it counts.
 *
 * Each process writes and locks its own files, so a replay at the same time leaves them alone. While the disk refuses,
 * the letter waits, and its source with it; nothing is dropped.
 */
export class DeadLetterFolder implements DeadLetterPort, AsyncDisposable {
  readonly #env: Env;
  readonly #options: DeadLetterFolderOptions;
  readonly #writes: Incident;
  readonly #backoff: Backoff;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #file: Deno.FsFile | undefined;
  #fileBytes = 0;
  #files = 0;
  readonly #stop = new AbortController();

  constructor(env: Env, options: DeadLetterFolderOptions) {
    this.#env = env;
    this.#options = options;
    this.#writes = new Incident(env, "dead letters");
    this.#backoff = new Backoff(RETRY, env);
  }

  /**
   * Writes a letter; it would survive a power cut when this resolves.
   *
   * @throws the signal's reason when `signal` aborts first, or when the folder is disposed before the letter is written.
   */
  async park(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    const either = AbortSignal.any([signal, this.#stop.signal]);
    either.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = new TextEncoder().encode(deadLetterLine(letter, this.#env.clock.nowMs()));
    const written = () => {
      this.#report(letter);
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

  /** Writes the waiting letters, all with one sync, until none is left. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const batch = [...this.#waiting];
      try {
        await this.#append(batch.map(({ line }) => line));
      } catch (error) {
        await this.#backOff(error);
        continue;
      }
      this.#waiting = this.#waiting.filter((waiting) => !batch.includes(waiting));
      for (const { written } of batch) written();
      this.#backoff.succeeded();
      this.#writes.recovered();
    }
    this.#writing = undefined;
  }

  #report({ source, shard, cursor, reason, status, code, text }: DeadLetter): void {
    const { folder } = this.#options;
    this.#env.telemetry({
      type: "parked",
      source,
      shard,
      cursor,
      reason,
      status,
      code,
      text,
      folder,
    });
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

  /** Abandons a file with its half-written line; the next letter goes into a new one. */
  #leaveTorn(error: TornFile): void {
    new Incident(this.#env, "dead letters: file").failed(
      `Cannot remove a half-written dead letter from its file: ${error.message}`,
      {
        hint: "No action is needed: readers ignore the file's last line, and a new file is started",
        retryInMs: 0,
      },
    );
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
    const { folder } = this.#options;
    const time = new Date(this.#env.clock.nowMs()).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    for (;;) {
      const path = `${folder}/${time}-${Deno.pid}-${this.#files++}.jsonl`;
      try {
        return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      } catch (error) {
        // The file of another process: in containers all processes may have the same id.
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      }
    }
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#fileBytes = 0;
  }

  async #backOff(error: unknown): Promise<void> {
    const letters = countText(this.#waiting.length, "dead letter");
    const message = `Cannot write ${letters} to ${this.#options.folder}: ${describeError(error)}`;
    const retryInMs = this.#backoff.failed();
    this.#writes.failed(message, {
      hint: "Free disk space, or make the folder writable. Until then the affected sources are " +
        "held; their logs stay in SLS",
      retryInMs,
      held: true,
    });
    try {
      await this.#env.clock.sleep(retryInMs, this.#stop.signal);
    } catch {
      // Only stopping ends this sleep early.
    }
  }
}
