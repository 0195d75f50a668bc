import { globMatches, hasWildcards } from "../base/glob.ts";
import { existsSync } from "node:fs";
import { systemDeps } from "../app/deps.ts";
import { systemClock } from "../base/clock.ts";
import { countText, grouped } from "../base/format.ts";
import { OperatorError, UsageError } from "../base/errors.ts";
import { textTable } from "../base/text_table.ts";
import {
  DeadLetterStore,
  type LetterRef,
  type StoredLetter,
  type UnreadableLine,
} from "../dead_letters/dead_letter_store.ts";
import { replay, type ReplayJob } from "../app/replay_dead_letters.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { loadConfigAndGrant } from "./load.ts";
import { print, printError, printErrorLine, printJson } from "./print.ts";
import { StopSignals } from "./signals.ts";
import { reportTrouble } from "./report_failure.ts";

/** Which letters a command is about, and where they are. */
export interface DeadLettersOptions {
  /** The configuration, which names the folder; `replay` needs it to connect to HEC. */
  readonly config?: string;
  readonly folder?: string;
  readonly source?: string;
  readonly reason?: string;
  /** Parked at or after this time, in milliseconds since 1970. */
  readonly since?: number;
  /** Parked before this time, in milliseconds since 1970. */
  readonly until?: number;
  readonly json?: boolean;
  readonly all?: boolean;
}

const DEFAULT_FOLDER = "dead-letters";
/** Letters in one table: there may be millions. */
const TABLE_ROWS = 1000;
const TABLE_HEAD = [
  "Id",
  "Parked",
  "Log",
  "Reason",
  "Answer",
  "Text",
  "Bytes",
];

/** `dead-letters list`: one line per letter, without its content. */
export function listDeadLetters(options: DeadLettersOptions): ExitCode {
  const store = openStore(options);
  if (!store) return ExitCode.usage;
  const letters = chosen(store, options, []);
  if (options.json) {
    for (const { id, file, record } of letters) {
      const { envelope, ...about } = record;
      const slsId = slsIdOf(envelope) ?? null;
      printJson({ id, file, ...about, sls_id: slsId, bytes: utf8Bytes(envelope) });
    }
    return ExitCode.ok;
  }
  let count = 0;
  let rows: string[][] = [];
  const printRows = () => {
    if (rows.length > 0) print(textTable([TABLE_HEAD, ...rows]));
    rows = [];
  };
  for (const letter of letters) {
    count++;
    rows.push(tableRow(letter));
    if (rows.length === TABLE_ROWS) printRows();
  }
  printRows();
  print(countText(count, "dead letter"));
  return ExitCode.ok;
}

function tableRow({ id, record }: StoredLetter): string[] {
  const { time, source, shard, cursor, index_in_page, reason, status, code, text } = record;
  // The id to search for in Splunk; without one, the page and the position in it.
  const log = slsIdOf(record.envelope) ?? `${source}/${shard}/${cursor}#${index_in_page}`;
  const answer = code === null ? `${status}` : `${status}/${code}`;
  return [id, time, log, reason, answer, text, String(utf8Bytes(record.envelope))];
}

/** The event id in an envelope; undefined when there is none. */
function slsIdOf(envelope: string): string | undefined {
  try {
    const id: unknown = JSON.parse(envelope)?.fields?.sls_id;
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined; // the bytes of a log that could not be read
  }
}

/** `dead-letters show`: whole records with their envelopes, which contain the log. */
export function showDeadLetters(ids: readonly string[], options: DeadLettersOptions): ExitCode {
  const store = openStore(options);
  if (!store) return ExitCode.usage;
  for (const { id, file, record } of chosen(store, options, ids)) {
    printJson({ id, file, ...record }, ["envelope"]);
  }
  return ExitCode.ok;
}

/** `dead-letters drop`: removes letters for good. */
export async function dropDeadLetters(
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<ExitCode> {
  const { source, reason, since, until, all } = options;
  if (
    !all && ids.length === 0 && !source && !reason && since === undefined && until === undefined
  ) {
    printError(
      "error: Cannot drop dead letters: none are chosen\n" +
        "hint: Choose by ids, --source, --reason, --since or --until; or use --all",
    );
    return ExitCode.usage;
  }
  const store = openStore(options);
  if (!store) return ExitCode.usage;
  using _ = await store.lock();
  const letters = refsOf(chosen(store, options, ids));
  store.remove(letters);
  reportUncompacted(await store.compact());
  print(`Dropped ${countText(letters.length, "dead letter")}`);
  return ExitCode.ok;
}

/** `dead-letters replay`: sends letters again and removes those that HEC accepts. */
export async function replayDeadLetters(
  ids: readonly string[],
  options: DeadLettersOptions,
): Promise<ExitCode> {
  const loaded = loadConfigAndGrant(options.config);
  if (!loaded) return ExitCode.usage;
  const { config } = loaded;
  const store = storeIn(options.folder ?? config.deadLetters.folder);
  using _ = await store.lock();
  const { length: total } = refsOf(chosen(store, options, ids));
  using stop = new StopSignals(systemClock);
  try {
    const deps = systemDeps(reportTrouble, USER_AGENT);
    const job: ReplayJob = {
      store,
      letters: chosen(store, options, ids, () => {}), // reported by the first pass
      total,
      onProgress: (progress, refusedNow) => {
        for (const { letter, status, code, text } of refusedNow) {
          const why = status === 0
            ? `not sent: ${text}`
            : `refused again: ${status}, code ${code ?? "none"} "${text}"`;
          printErrorLine(`${letter.id} ${why}`);
        }
        printError(
          `${progress.delivered} delivered, ${progress.refused} refused, of ${progress.total}`,
        );
      },
    };
    const { delivered, refused } = await replay(config, deps, job, stop.signal);
    print(
      `Replayed ${delivered} of ${countText(total, "dead letter")}; ${
        grouped(refused)
      } refused again`,
    );
    return refused === 0 ? ExitCode.ok : ExitCode.failed;
  } catch (error) {
    if (!stop.signal.aborted || error !== stop.signal.reason) throw error;
    printError("Interrupted: letters that HEC has not accepted are kept");
    return ExitCode.failed;
  } finally {
    reportUncompacted(await store.compact());
  }
}

function openStore({ config, folder }: DeadLettersOptions): DeadLetterStore | undefined {
  if (folder !== undefined) return storeIn(folder);
  if (config === undefined) return storeIn(DEFAULT_FOLDER);
  const loaded = loadConfigAndGrant(config);
  return loaded && storeIn(loaded.config.deadLetters.folder);
}

/**
 * @throws {UsageError} when there is no such folder.
 */
function storeIn(folder: string): DeadLetterStore {
  if (existsSync(folder)) return new DeadLetterStore(folder, systemClock);
  throw new UsageError(
    `Cannot read dead letters: there is no folder ${folder}`,
    "The folder is created when the first event is parked. If events were parked, check --folder, " +
      "dead_letters.folder and the current working directory",
  );
}

/**
 * The letters that the ids and the filters choose.
 * @throws {OperatorError} at the end when an id matches no letter.
 */
function* chosen(
  store: DeadLetterStore,
  { source, reason, since, until }: DeadLettersOptions,
  ids: readonly string[],
  onUnreadable = (line: UnreadableLine) => printErrorLine(describe(line)),
): Generator<StoredLetter> {
  const unknown = new Set(ids);
  for (const letter of store.letters(onUnreadable)) {
    const { id, record } = letter;
    const named = ids.filter((start) => id.startsWith(start));
    for (const start of named) unknown.delete(start);
    const parkedMs = Date.parse(record.time);
    const fits = (ids.length === 0 || named.length > 0) &&
      (source === undefined || isOfSource(record.source, source)) &&
      (reason === undefined || record.reason === reason) &&
      (since === undefined || parkedMs >= since) &&
      (until === undefined || parkedMs < until);
    if (fits) yield letter;
  }
  if (unknown.size === 0) return;
  throw new OperatorError(
    `Cannot find dead letter ${[...unknown].join(", ")}`,
    "`sls2hec dead-letters list` shows the ids",
  );
}

/** Whether a source is the one that is wanted, or one of a pattern's, such as `project/audit-*`. */
function isOfSource(name: string, wanted: string): boolean {
  if (name === wanted) return true;
  const [, project = "", patterns = ""] = /^([^/]*)\/(.*)$/.exec(wanted) ?? [];
  return hasWildcards(wanted, "*?") &&
    patterns.split(",").some((pattern) => globMatches(`${project}/${pattern}`, name, "*?"));
}

function refsOf(letters: Iterable<StoredLetter>): LetterRef[] {
  return Array.from(letters, ({ id, file }) => ({ id, file }));
}

function describe({ file, line, torn }: UnreadableLine): string {
  return torn
    ? `note: ${file}:${line} is torn: the program ended while writing it. Nothing is lost: the ` +
      "checkpoint has not moved past it"
    : `warning: ${file}:${line} is not a dead letter; left unchanged`;
}

function reportUncompacted(files: readonly string[]): void {
  for (const file of files) {
    printErrorLine(`note: ${file} is in use by a running sls2hec and will be compacted later`);
  }
}

function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
