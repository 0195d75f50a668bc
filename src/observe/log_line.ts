import type { LogRecord } from "@logtape/logtape";
import { printableJson, printableLine } from "../base/printable.ts";
import { liveSecrets } from "../base/redactor.ts";

/** A record as one line of text with its line end: without secrets, and printable whatever it holds. */
export function textLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString();
  return `${time} ${record.level.toUpperCase().padEnd(7)} ${messageOf(record)}\n`;
}

/** The same as one line of JSON, with the event's fields. */
export function jsonLine(record: LogRecord): string {
  const { type, message: _, ...fields } = record.properties;
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    event: type,
    message: messageOf(record),
    ...fields,
  };
  return printableJson(JSON.stringify(line, liveSecrets.replacer)) + "\n";
}

/** One line: a server's text may contain line ends or terminal codes. */
function messageOf({ message }: LogRecord): string {
  return printableLine(liveSecrets.redact(message.join("")));
}
