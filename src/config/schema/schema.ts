import { z } from "zod";
import { byteSize, duration } from "../types/quantities.ts";
import { choice, filePath, wholeNumber, workerNumber } from "../types/scalars.ts";
import { group, optional, withDefault } from "./declare.ts";
import { hecOptions } from "./hec.ts";
import type { OptionsOf, PartialOptionsOf } from "./names.ts";
import { slsOptions } from "./sls.ts";
import { consumerOptions, sourceOptions } from "./sources.ts";

const guard = group("When to hold a source instead of parking its events.", {
  max_refused_percent: withDefault(wholeNumber({ min: 1, max: 100 }), "10", {
    help: "Refused share of the last 1,000 events, in percent.",
  }),
  max_refused_in_a_row: withDefault(wholeNumber({ min: 1, max: 1_000_000 }), "100", {
    help: "Refused events without an accepted one between them.",
  }),
});

const deadLetters = group("Events that Splunk refuses are kept here.", {
  folder: withDefault(filePath("folder"), "dead-letters", {
    help: "Folder of the dead letters; made when first needed.",
    access: { read: true, write: true },
  }),
  max_bytes: withDefault(byteSize({ min: "1KB", max: "100GB" }), "100MB", {
    help: "Size at which the next file is begun.",
  }),
  guard,
});

const backfill = group("What `sls2hec backfill` keeps.", {
  folder: withDefault(filePath("folder"), "backfill", {
    help: "Folder of the files that say how far a backfill has come; made when first needed.",
    access: { read: true, write: true },
  }),
});

const ledger = group("Counts of every log, proof that none is missing.", {
  file: optional(filePath("file"), {
    help:
      "File that gets one line for each checkpoint; /dev/stdout is the program's own standard output.",
    example: "sls2hec.ledger",
    without: "kept in memory only",
    access: { read: true, write: true },
  }),
});

const log = group("The program's own log.", {
  level: withDefault(choice("debug", "info", "warning", "error"), "info", {
    help: "Least level that is logged.",
  }),
  format: withDefault(choice("text", "json"), "text", { help: "Form of the lines." }),
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
    help: "Bytes of logs in hand at once; when they are full, reading waits.",
  }),
  workers: withDefault(workerNumber(), "auto", {
    help:
      "Worker threads that pull and deliver; 0 for none beside the main one. auto: one a core, none on one core.",
  }),
  drain_timeout: withDefault(duration({ min: "1ms" }), "8s", {
    help: "How long SIGTERM waits for what is in hand.",
  }),
}, { error: "a mapping of options" });

/** The parsed options, under their names in code. */
export type Options = OptionsOf<typeof schema>;

/** The parsed options of which any may be missing or invalid. */
export type PartialOptions = PartialOptionsOf<typeof schema>;
