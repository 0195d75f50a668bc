import { z } from "zod";
import { byteSize, duration } from "../types/quantities.ts";
import { choice, filePath, wholeNumber, workerNumber } from "../types/scalars.ts";
import { group, listItem, MAPPING, optional, withDefault } from "./declare.ts";
import { hecOptions } from "./hec.ts";
import { slsOptions } from "./sls.ts";
import { consumerOptions, sourceItem, sourceOptions, SOURCES } from "./sources.ts";

const guard = group("When to hold a source instead of parking its events.", {
  max_refused_percent: withDefault(wholeNumber({ min: 1, max: 100 }), "10", {
    help: "Largest share of refused events among the last 1,000, in percent.",
  }),
  max_refused_in_a_row: withDefault(wholeNumber({ min: 1, max: 1_000_000 }), "100", {
    help: "Most refused events without an accepted one between them.",
  }),
});

const deadLetters = group("Where events are kept that Splunk refuses.", {
  folder: withDefault(filePath("folder"), "dead-letters", {
    help: "Folder of the dead letters; created when needed.",
    access: { read: true, write: true },
  }),
  max_bytes: withDefault(byteSize({ min: "1KB", max: "100GB" }), "100MB", {
    help: "Size at which a new file is started.",
  }),
  guard,
});

const backfill = group("State of `sls2hec backfill`.", {
  folder: withDefault(filePath("folder"), "backfill", {
    help: "Folder of the state files of backfills; created when needed.",
    access: { read: true, write: true },
  }),
});

const ledger = group("Counts of all logs, as proof that none is missing.", {
  file: optional(filePath("file"), {
    help:
      "File that gets a line for each checkpoint; /dev/stdout is the program's standard output.",
    example: "sls2hec.ledger",
    without: "kept in memory only",
    access: { read: true, write: true },
  }),
});

const log = group("The program's own log.", {
  level: withDefault(choice("debug", "info", "warning", "error"), "info", {
    help: "Lowest level that is logged.",
  }),
  format: withDefault(choice("text", "json"), "text", { help: "Format of the lines." }),
  file: optional(filePath("file"), {
    help:
      "File for the lines, rotated by size; /dev/stdout and /dev/stderr are the program's own streams.",
    example: "logs/sls2hec.log",
    without: "standard error",
    access: { read: true, write: true, withBackups: true },
  }),
  max_bytes: withDefault(byteSize({ min: "1KB", max: "100GB" }), "100MB", {
    help: "Size at which the file is rotated.",
  }),
  backups: withDefault(wholeNumber({ min: 0, max: 1_000 }), "5", {
    help: "Rotated files that are kept.",
  }),
});

/** Every option, declared once: the parser, help, tables, example, JSON Schema and grant come from it. */
export const schema = z.strictObject({
  sls: slsOptions,
  consumer: consumerOptions,
  hec: hecOptions,
  sources: sourceOptions,
  dead_letters: deadLetters,
  backfill,
  ledger,
  log,
  memory_budget: withDefault(byteSize({ min: "32MB", max: "1024GB" }), "32MB", {
    help: "Memory for logs on their way, in bytes; when it is full, reading waits.",
  }),
  workers: withDefault(workerNumber(), "auto", {
    help:
      "Worker threads that pull and deliver; 0 for none. auto: one per core, none on a single core.",
  }),
  drain_timeout: withDefault(duration({ min: "1ms" }), "8s", {
    help: "How long SIGTERM waits for events in flight.",
  }),
}, { error: MAPPING });

const UNREAD = z.unknown().optional();
const sourceList = z.array(
  listItem({ ...sourceItem.shape, sls: UNREAD, hec: UNREAD }),
  { error: SOURCES },
).min(1, { error: "at least one source" });

/** The file without `sls` and `hec`, of the top level and of sources. */
export const fileSchema = z.strictObject(
  {
    ...schema.shape,
    sls: UNREAD,
    hec: UNREAD,
    sources: sourceList,
  },
  { error: MAPPING },
);
