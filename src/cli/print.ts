/**
 * The one way to standard output and standard error of the commands. What is printed for people is without secrets and
 * has nothing that a terminal would obey; a foreign text on one line goes through `printable` before.
 */
import { printableJson, printableLine, printableLines } from "../base/printable.ts";
import { liveSecrets } from "../base/redactor.ts";

/** Prints one line for people to standard output, whatever line ends the text has. */
export function printLine(text: string): void {
  print(printableLine(text));
}

/** Prints one line for people to standard error, whatever line ends the text has. */
export function printErrorLine(text: string): void {
  printError(printableLine(text));
}

/** Prints lines for people to standard output; what came from outside must have lost its line ends. */
export function print(text: string): void {
  console.log(printableLines(liveSecrets.redact(text)));
}

/** Prints lines for people to standard error; what came from outside must have lost its line ends. */
export function printError(text: string): void {
  console.error(printableLines(liveSecrets.redact(text)));
}

/**
 * Prints a value as one line of JSON to standard output, without secrets, and with what is not printable escaped.
 * @param exact Names of fields whose text is not the program's to change, such as an event's: nothing is taken out of
 * it, and where such fields are, a pipe or a file gets what is not printable as it is.
 */
export function printJson(value: unknown, exact: readonly string[] = []): void {
  const line = JSON.stringify(
    value,
    (name, part) => exact.includes(name) ? part : liveSecrets.replacer(name, part),
  );
  console.log(exact.length > 0 && !Deno.stdout.isTerminal() ? line : printableJson(line));
}
