import { Secret } from "../base/secret.ts";
import { formatPath, type OptionPath } from "./option_path.ts";
import { withoutNewline } from "./reference_reader.ts";
import type { Settings } from "./settings.ts";
import { isSecretText, secretExpected } from "./visible_secret.ts";

/** A secret, and how to get it again when a file that it came from has changed. */
export interface ReloadableSecret {
  /** As the configuration was read. */
  readonly value: Secret;
  /** What it is made of, in order: plain text and whole files; undefined when no file is among it. */
  readonly parts: readonly (Secret | { readonly file: string })[] | undefined;
}

/** The secret at a path of the configuration. @param value Its text as read. */
export function liveSecret(settings: Settings, path: OptionPath, value: string): ReloadableSecret {
  const parts = settings.origins.get(formatPath(path))?.parts ?? [];
  return {
    value: new Secret(value),
    parts: parts.some((part) => typeof part !== "string")
      ? parts.map((part) => typeof part === "string" ? new Secret(part) : part)
      : undefined,
  };
}

/**
 * Reads a secret again.
 * @param readFile Reads a text file. @throws an error whose message says why it cannot be read.
 * @throws an error that names the file.
 */
export function rereadSecret(
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
 * @param path Names its option, such as `hec.token`. @param what Names it, such as `an HEC token`.
 * @throws {Error} that says what was found and expected.
 */
export function secretAgain(path: string, what: string, text: string): string {
  if (isSecretText(text)) return new Secret(text).reveal();
  const found = text === "" ? "nothing: its file is empty" : "another text";
  throw new Error(`Cannot use ${path}: found ${found}; expected ${secretExpected(what)}`);
}
