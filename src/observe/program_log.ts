import { getRotatingFileSink } from "@logtape/file";
import { configure, dispose, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import type { Clock } from "../base/clock.ts";
import { describeError, HintedError } from "../base/hinted_error.ts";
import type { Telemetry, TelemetryEvent } from "../base/telemetry.ts";
import { describeEvent, type LogLevel } from "./describe_event.ts";
import { jsonLine, textLine } from "./log_line.ts";
import { type TroubleCount, TroubleLimit } from "./trouble_limit.ts";

export interface ProgramLogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Rotated by size; undefined: standard error. */
  readonly file: string | undefined;
  readonly maxBytes: number;
  readonly backups: number;
  readonly clock: Clock;
}

/** The program's own log. Dispose it to write out what is buffered. */
export interface ProgramLog extends AsyncDisposable {
  readonly telemetry: Telemetry;
}

/**
 * Starts the log. One at a time in a process: the logging library keeps its settings globally.
 * @throws {HintedError} when the file cannot be opened.
 */
export async function startProgramLog(options: ProgramLogOptions): Promise<ProgramLog> {
  const { level, file, maxBytes, backups, clock } = options;
  const format = options.format === "json" ? jsonLine : textLine;
  const sink: Sink = file === undefined
    ? (record) => writeToStderr(format(record))
    : fileSink(file, maxBytes, backups, format);
  await configure({
    reset: true,
    sinks: { main: sink },
    loggers: [
      { category: "sls2hec", lowestLevel: level, sinks: ["main"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["main"] },
    ],
  });
  const logger = getLogger("sls2hec");
  const limit = new TroubleLimit();
  const telemetry = (event: TelemetryEvent) => {
    let count: TroubleCount | undefined;
    if (event.type === "trouble") {
      count = limit.trouble(event, clock.monotonicMs());
      if (!count) return;
    } else if (event.type === "parked") {
      count = limit.trouble(troubleOfParked(event), clock.monotonicMs());
      if (!count) return;
    } else if (event.type === "recovered") {
      count = limit.recovered(event.about, clock.monotonicMs());
      if (!count) return;
    } else if (event.type === "shard_ended") {
      limit.ended(event.source, event.shard, clock.monotonicMs());
    } else if (event.type === "source_released") {
      limit.ended(event.source, undefined, clock.monotonicMs());
    }
    const { level, message } = describeEvent(event, count);
    // Braces would be read as placeholders.
    logger[level](message.replaceAll(/[{}]/g, "$&$&"), { ...event, ...(count && fieldsOf(count)) });
  };
  return { telemetry, [Symbol.asyncDispose]: dispose };
}

/** Parked events are told like what goes wrong: each kind at once, then once a minute. */
function troubleOfParked(
  { source, shard, reason, code }: Extract<TelemetryEvent, { type: "parked" }>,
): Extract<TelemetryEvent, { type: "trouble" }> {
  const about = `${source}: parked, ${reason} ${code}`;
  return { type: "trouble", about, message: "", hint: "", retryInMs: 0, source, shard };
}

/** The counts as a line of JSON names them. */
function fieldsOf({ times, shards, sources, lastedMs }: TroubleCount): Record<string, number> {
  return { count: times, shards, sources, lastedSec: Math.round(lastedMs / 1000) };
}

function fileSink(
  file: string,
  maxBytes: number,
  backups: number,
  format: (record: LogRecord) => string,
): Sink {
  try {
    return getRotatingFileSink(file, {
      maxSize: maxBytes,
      maxFiles: backups,
      bufferSize: 0, // a buffer would overshoot the size and lose lines with the process
      formatter: format,
    });
  } catch (error) {
    throw new HintedError(
      `Cannot open the log file ${file}: ${describeError(error)}`,
      "Check log.file, and that its folder exists and may be written",
      { cause: error },
    );
  }
}

const encoder = new TextEncoder();

function writeToStderr(line: string): void {
  const bytes = encoder.encode(line);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch (error) {
    // Nobody reads any more; delivering goes on. Every other failure is a fault.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
