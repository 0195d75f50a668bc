import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import {
  removeIfThere,
  removeLeftovers,
  replaceFile,
  syncFolder,
  tryLock,
} from "../base/durable_file.ts";
import { OperatorError } from "../base/errors.ts";
import type { DeadLetterRecord } from "./dead_letter.ts";

/** Identifies a letter. */
export interface LetterRef {
  /** A hash of the letter's content. */
  readonly id: string;
  /** Name of its file in the folder. */
  readonly file: string;
}

/** A letter that was read back. */
export interface StoredLetter extends LetterRef {
  readonly record: DeadLetterRecord;
}

/** A line that could not be read. */
export interface UnreadableLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Whether it is the last line of a file, cut off by a crash. */
  readonly torn: boolean;
}

/** Appended to a file's name: the file with the ids of its removed letters. */
const REMOVED_SUFFIX = ".removed";
const ID_CHARS = 16;

/**
 * Reads dead letters back, and removes them.
 *
 * A removal is first recorded and synced beside the file, so that an interruption loses neither a letter nor a removal.
 * The files themselves are rewritten only when no running program has them locked.
 */
export class DeadLetterStore {
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /**
   * All letters that are not removed, oldest file first, with one file in memory at a time. A folder that does not
   * exist has none.
   *
   * @param onUnreadable Called for each line that is not a letter.
   */
  *letters(onUnreadable: (line: UnreadableLine) => void): Generator<StoredLetter> {
    for (const file of this.#files()) {
      const removed = this.#removedOf(file);
      for (const { text, line, whole } of linesOf(this.#path(file))) {
        const record = parseRecord(text);
        const id = idOf(text);
        if (!record) onUnreadable({ file, line, torn: !whole });
        else if (!removed.has(id)) yield { id, file, record };
      }
    }
  }

  /**
   * Locks the folder for removing letters, which one program may do at a time.
   *
   * @returns disposing it unlocks the folder.
   * @throws {OperatorError} when another program has the lock.
   */
  async lock(): Promise<Disposable> {
    // Windows cannot open a directory; a folder that does not exist has nothing to remove.
    if (Deno.build.os === "windows" || !existsSync(this.#folder)) return { [Symbol.dispose]() {} };
    const handle = Deno.openSync(this.#folder);
    if (await tryLock(handle, this.#clock)) return handle;
    handle.close();
    throw new OperatorError(
      `Cannot work on the dead letters in ${this.#folder}: another replay or drop is running`,
      "Wait until it has ended. Two at a time would send letters twice",
    );
  }

  /** Removes letters from `letters`, durably when this returns. */
  remove(letters: readonly LetterRef[]): void {
    for (const [file, refs] of Map.groupBy(letters, ({ file }) => file)) {
      const ids = [...this.#removedOf(file), ...refs.map(({ id }) => id)];
      replaceFile(this.#path(file) + REMOVED_SUFFIX, encode(ids.map((id) => `${id}\n`)));
    }
  }

  /**
   * Rewrites the files without the removed letters, and deletes those that become empty.
   *
   * @returns the files that a running program has locked, which stay as they are.
   */
  async compact(): Promise<string[]> {
    const locked: string[] = [];
    for (const file of this.#files()) {
      if (this.#removedOf(file).size > 0 && !await this.#compactFile(file)) locked.push(file);
    }
    return locked;
  }

  async #compactFile(file: string): Promise<boolean> {
    const path = this.#path(file);
    using handle = Deno.openSync(path, { read: true, write: true });
    if (!await tryLock(handle, this.#clock)) return false;
    removeLeftovers(path);
    removeLeftovers(path + REMOVED_SUFFIX);
    removeIfThere(`${path}.partial`); // a name that earlier versions used
    const removed = this.#removedOf(file);
    // Keep what cannot be read: it may be a letter that a person can still recover.
    const kept = [...linesOf(path)].filter(({ text }) => !removed.has(idOf(text)));
    if (kept.length === 0) Deno.removeSync(path);
    else replaceFile(path, encode(kept.map(({ text, whole }) => whole ? `${text}\n` : text)));
    syncFolder(this.#folder);
    // Delete the record of removals last, or removed letters would reappear.
    Deno.removeSync(path + REMOVED_SUFFIX);
    return true;
  }

  #files(): string[] {
    try {
      return [...Deno.readDirSync(this.#folder)]
        .filter(({ name, isFile }) => isFile && name.endsWith(".jsonl"))
        .map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  #removedOf(file: string): Set<string> {
    const path = this.#path(file) + REMOVED_SUFFIX;
    try {
      // This program does not make links.
      if (!Deno.lstatSync(path).isFile) return new Set();
      return new Set(Deno.readTextFileSync(path).split("\n").filter((id) => id !== ""));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Set();
      throw error;
    }
  }

  #path(file: string): string {
    return `${this.#folder}/${file}`;
  }
}

/** Lines of a file, without their line ends; `whole` is false for a last line without one. */
function* linesOf(path: string): Generator<{ text: string; line: number; whole: boolean }> {
  const parts = Deno.readTextFileSync(path).split("\n");
  for (const [i, text] of parts.entries()) {
    const last = i === parts.length - 1;
    if (!last || text !== "") yield { text, line: i + 1, whole: !last };
  }
}

function idOf(line: string): string {
  return createHash("sha256").update(line).digest("hex").slice(0, ID_CHARS);
}

const FIELDS: Readonly<Record<keyof DeadLetterRecord, string>> = {
  time: "string",
  source: "string",
  shard: "number",
  cursor: "string",
  index_in_page: "number",
  reason: "string",
  status: "number",
  code: "number",
  text: "string",
  envelope: "string",
};

function parseRecord(line: string): DeadLetterRecord | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined; // the caller reports it, with its place
  }
  if (typeof json !== "object" || json === null) return undefined;
  const record = json as Record<string, unknown>;
  const good = Object.entries(FIELDS).every(([name, type]) =>
    typeof record[name] === type || name === "code" && record[name] === null
  );
  return good ? record as unknown as DeadLetterRecord : undefined;
}

function encode(texts: readonly string[]): Uint8Array {
  return new TextEncoder().encode(texts.join(""));
}
