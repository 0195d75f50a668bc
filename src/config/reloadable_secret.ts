import { Secret } from "../base/secret.ts";

/** What an HTTP header can carry. */
const VISIBLE = /^[\x21-\x7e]{1,16384}$/;

/** Whether a text can be a secret that travels in an HTTP header. */
export function isSecretText(text: string): boolean {
  return VISIBLE.test(text);
}

/**
 * What a secret's text must be, for messages.
 * @param what It is: `an HEC token`.
 */
export function secretExpected(what: string): string {
  return `${what}: visible ASCII characters, no spaces or line breaks`;
}

/** Plain text, or a file that contains it. */
export type TextPart = string | { readonly file: string };

/** A secret of the configuration, and how to read it again when a file that it came from has changed. */
export interface ReloadableSecret {
  /** Its value when the configuration was read. */
  readonly value: Secret;
  /** What it is made of, in order: plain text and whole files. Undefined when it comes from no file. */
  readonly parts: readonly (Secret | { readonly file: string })[] | undefined;
}

/**
 * Makes a secret reloadable.
 * @param value As it was read.
 * @param parts What its text is made of.
 */
export function reloadable(value: Secret, parts: readonly TextPart[] = []): ReloadableSecret {
  return {
    value,
    parts: parts.some((part) => typeof part !== "string")
      ? parts.map((part) => typeof part === "string" ? new Secret(part) : part)
      : undefined,
  };
}

/**
 * Reads a secret again.
 * @param secret As it was configured.
 * @param readFile Reads a text file; throws an error whose message says why it cannot.
 * @throws {Error} that names the file that cannot be read.
 */
export function reloadSecret(
  { value, parts }: ReloadableSecret,
  readFile: (path: string) => string,
): string {
  if (!parts) return value.reveal();
  return parts.map((part) => {
    if (part instanceof Secret) return part.reveal();
    try {
      return withoutNewline(readFile(part.file));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot read ${part.file}: ${why}`, { cause: error });
    }
  }).join("");
}

/**
 * Checks a secret that was read again.
 * @param path Its option, such as `hec.token`.
 * @param what It is, such as `an HEC token`.
 * @param text As it was read.
 * @returns the text.
 * @throws {Error} that says what was found and expected.
 */
export function checkReloaded(path: string, what: string, text: string): string {
  if (isSecretText(text)) return new Secret(text).reveal();
  const found = text === "" ? "an empty file" : "text with other characters";
  throw new Error(`Cannot use ${path}: found ${found}; expected ${secretExpected(what)}`);
}

/** Text of a file as a value: files end with a newline, values do not. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}
