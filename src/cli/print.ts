/**
 * Standard output and standard error of the commands. Secrets and control characters are removed from everything that is
 * printed for people; a foreign text within a line goes through `printable` first.
 */
import { printableJson, printableLine, printableLines } from "../base/printable.ts";
import { liveSecrets } from "../base/redactor.ts";

/** Prints a text as one line to standard output; line breaks in it are escaped. */
export function printLine(text: string): void {
  print(printableLine(text));
}

/** Prints a text as one line to standard error; line breaks in it are escaped. */
export function printErrorLine(text: string): void {
  printError(printableLine(text));
}

/** Prints lines to standard output; line breaks of foreign texts must be escaped already. */
export function print(text: string): void {
  console.log(printableLines(liveSecrets.redact(text)));
}

/** Prints lines to standard error; line breaks of foreign texts must be escaped already. */
export function printError(text: string): void {
  console.error(printableLines(liveSecrets.redact(text)));
}

/**
 * Prints a value as one line of JSON to standard output, without secrets, and with unprintable characters escaped.
 * @param exact Names of fields whose text must not change, such as an event's: secrets are not removed from them, and if
 * there are any, unprintable characters are escaped on a terminal only.
 */
export function printJson(value: unknown, exact: readonly string[] = []): void {
  const line = JSON.stringify(
    value,
    (name, part) => exact.includes(name) ? part : liveSecrets.replacer(name, part),
  );
  console.log(exact.length > 0 && !Deno.stdout.isTerminal() ? line : printableJson(line));
}
