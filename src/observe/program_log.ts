import { configure, dispose, getLogger, type LogRecord, type Sink } from "@logtape/logtape";
import type { Clock } from "../base/clock.ts";
import { writeAll } from "../base/durable_file.ts";
import { ownStream } from "../base/plain_file.ts";
import type { Telemetry, TelemetryEvent } from "../base/telemetry.ts";
import { describeEvent, type LogLevel } from "./describe_event.ts";
import { HourlyFallbacks } from "./hourly_fallbacks.ts";
import { LogFile } from "./log_file.ts";
import { jsonLine, textLine } from "./log_line.ts";
import { type TroubleCount, TroubleLimit } from "./trouble_limit.ts";

interface ProgramLogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Undefined: standard error. `/dev/stdout` and `/dev/stderr` are the process's own streams. */
  readonly file: string | undefined;
  /** Size at which a file is rotated. */
  readonly maxBytes: number;
  /** Number of older files to keep. */
  readonly backups: number;
}

/** The program's own log. Disposing it flushes it. */
interface ProgramLog extends AsyncDisposable {
  readonly telemetry: Telemetry;
}

/**
 * Starts the log. One at a time in a process: the logging library keeps its settings globally.
 *
 * @throws {OperatorError} when the file cannot be opened.
 */
export async function startProgramLog(
  options: ProgramLogOptions,
  clock: Clock,
): Promise<ProgramLog> {
  const { level, file, maxBytes, backups } = options;
  const format = options.format === "json" ? jsonLine : textLine;
  const stream = file === undefined ? Deno.stderr : ownStream(file);
  const toStderr = (line: string) => writeToStream(Deno.stderr, line);
  const logFile = stream ? undefined : new LogFile({
    path: file!,
    maxBytes,
    backups,
    clock,
    fallback: toStderr,
    notice: (level, message) => format(recordOf(level, message, clock)),
  });
  const sink: Sink = (record) => {
    const line = format(record);
    if (stream) writeToStream(stream, line);
    else logFile?.write(line);
  };
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
  const fallbacks = new HourlyFallbacks();
  const telemetry = (reported: TelemetryEvent) => {
    const event = reported.type === "index_fallback"
      ? fallbacks.add(reported, clock.monotonicMs())
      : reported;
    if (!event) return;
    if (options.format === "text" && isSaidOfTheSource(event)) return;
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
    // Unescaped braces would be placeholders.
    logger[level](message.replaceAll(/[{}]/g, "$&$&"), fieldsOf(event, count));
  };
  return {
    telemetry,
    async [Symbol.asyncDispose]() {
      await dispose();
      logFile?.[Symbol.dispose]();
    },
  };
}

/** A line about the log itself. */
function recordOf(level: "error" | "info", message: string, clock: Clock): LogRecord {
  return {
    category: ["sls2hec"],
    level,
    message: [message],
    rawMessage: message,
    timestamp: clock.nowMs(),
    properties: { type: "log_file" },
  };
}

/** When the program stops, one line for the source replaces those of its shards. */
function isSaidOfTheSource(event: TelemetryEvent): boolean {
  return event.type === "shard_ended" && event.how === "released" && event.atStop === true;
}

/** Parked events are reported like failures: each kind at once, then once a minute. */
function troubleOfParked(
  { source, shard, reason, code }: Extract<TelemetryEvent, { type: "parked" }>,
): Extract<TelemetryEvent, { type: "trouble" }> {
  const about = `${source}: parked, ${reason} ${code}`;
  return { type: "trouble", about, message: "", hint: "", retryInMs: 0, source, shard };
}

/** The event and its counts as a line of JSON names them. */
function fieldsOf(event: TelemetryEvent, count: TroubleCount | undefined): Record<string, unknown> {
  const fields: Record<string, unknown> = { ...event };
  delete fields.atStop;
  if (count) {
    const { times, shards, sources, lastedMs } = count;
    const lastedSec = Math.round(lastedMs / 1000);
    Object.assign(fields, { count: times, shards, sources, lastedSec });
  }
  return fields;
}

/** Writes to the last place there is: a failure (a closed pipe, a full disk) cannot be reported anywhere. */
function writeToStream(stream: { writeSync(bytes: Uint8Array): number }, line: string): void {
  try {
    writeAll(stream, new TextEncoder().encode(line));
  } catch {
    // Delivery continues without the line.
  }
}
