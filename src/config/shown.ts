/**
 * What a report may show of a configuration. Line and column say where a value is, so what might be a secret in a
 * wrong place is left out: a password in a URL that is not valid, a key in place of a path.
 */

/** Where a value is in the configuration: keys, and numbers for items of lists. */
export type OptionPath = readonly (string | number)[];

/** A path as people write it: `sources[1].index`, `sources[0].expand_json["a b"]`. */
export function formatPath(path: OptionPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[A-Za-z0-9_-]{1,60}$/.test(step)) text += `[${shortText(step)}]`;
    else text += text ? `.${step}` : step;
  }
  return text;
}

const MAX_TEXT_LENGTH = 80;

/** Text in double quotes on one line, cut when long, with everything a terminal might obey escaped. */
export function shortText(text: string): string {
  const cut = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
  return JSON.stringify(cut).replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** Longest value that is shown. */
const MAX_VALUE_LENGTH = 40;

/** Marks what is left out. */
export const LEFT_OUT = "…";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
/** A run of letters and digits this long is a name only if it is words and a number, such as `hangzhou2`, or a number. */
const LONG_RUN = /[A-Za-z0-9+=]{8,}/g;
const MAX_WORDS_LENGTH = 40;
const WORDS = /^(?:(?:[A-Z]?[a-z]{2,}){1,4}|[A-Z]+)\d{0,4}$/;
const NUMBER = /^\d+[A-Za-z]{0,3}$/;

/** Whether a text looks like a token, a key or a password rather than like names and numbers. */
export function looksSecret(text: string): boolean {
  if (text.includes("-----BEGIN") || UUID.test(text)) return true;
  return [...text.matchAll(LONG_RUN)].some(([run]) =>
    run.length > MAX_WORDS_LENGTH || !WORDS.test(run) && !NUMBER.test(run)
  );
}

/**
 * A value of an option that is not secret: a short one of plain characters.
 * @returns undefined when it must not be shown.
 */
export function showValue(text: string): string | undefined {
  if (text.length > MAX_VALUE_LENGTH || looksSecret(text)) return undefined;
  // Colons are allowed in times only.
  return /^[^@:\n\\{}?#&=]*$/.test(text) || /^[\d\sTZ:.+-]+$/.test(text) ? text : undefined;
}

/**
 * The path of a file or folder. The file's text may have been written in its place.
 * @returns undefined when it must not be shown.
 */
export function showPathName(text: string): string | undefined {
  if (text.length > 1024 || holdsText(text)) return undefined;
  // Names of random letters and digits are common below a folder.
  return /^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(text) || !looksSecret(text) ? text : undefined;
}

/** Whether the text of a file, such as a key or JSON, was written where its path belongs. */
export function holdsText(path: string): boolean {
  return /-----BEGIN|^\s*[{[]|[\r\n]/.test(path) ||
    path.split(/[/\\]/).some((name) => name.length > 255);
}

const HOST = /^(?:[A-Za-z0-9._*-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?)(?::\d{1,5})?(?:\/\d{1,3})?$/;

/** Hosts as in `NO_PROXY`. */
export function showHosts(text: string): string {
  return text.replaceAll(/[^\s,](?:[^,]*[^\s,])?/g, (entry) => {
    return HOST.test(entry) && !looksSecret(entry) ? entry : LEFT_OUT;
  });
}

/** Words of one case and numbers, as in the names of variables. */
const VARIABLE =
  /^(?:[A-Z]{1,24}\d{0,3}|[A-Z]{1,8}\d[A-Z]{1,8}|\d{1,3})(?:_+(?:[A-Z]{1,24}\d{0,3}|[A-Z]{1,8}\d[A-Z]{1,8}|\d{1,3}))*$/i;

/** A reference without its name where that may be a secret in a wrong place. */
export function showReference(kind: "env" | "file", name: string): string {
  const oneCase = name === name.toUpperCase() || name === name.toLowerCase();
  const harmless = kind === "env"
    ? oneCase && name.length <= 128 && VARIABLE.test(name)
    : isPlainName(name) || /[./]/.test(name) && showPathName(name) !== undefined;
  return `\${${kind}:${harmless ? name : LEFT_OUT}}`;
}

/** Whether an unknown name may be shown: a short one, or one made of words as keys are. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_ <-]{0,11}$/.test(name) ||
    /^[a-z_]{1,20}(?:[ -][a-z_]{1,20}){0,3}$/.test(name) ||
    /^[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,3}$/.test(name);
}
