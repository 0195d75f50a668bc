/**
 * What a report may show of a configuration's text. Where it stands is told by line and column, so what might be a
 * secret that was written in a wrong place is left out: a password in a URL that is none, a key in place of a path.
 */

/** Longest value that is shown. */
const LONGEST_SHOWN = 40;

/** What is left out. */
export const LEFT_OUT = "…";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
/** So many letters and digits in a row are a name only if they are words and a number, as `hangzhou2`, or the reverse. */
const LONG_RUN = /[A-Za-z0-9+=]{8,}/g;
const LONGEST_WORDS = 40;
const WORDS = /^(?:(?:[A-Z]?[a-z]{2,}){1,4}|[A-Z]+)\d{0,4}$/;
const NUMBER = /^\d+[A-Za-z]{0,3}$/;

/** Whether a text looks like a token, a key or a password rather than like names and numbers. */
export function looksSecret(text: string): boolean {
  if (text.includes("-----BEGIN") || UUID.test(text)) return true;
  return [...text.matchAll(LONG_RUN)].some(([run]) =>
    run.length > LONGEST_WORDS || !WORDS.test(run) && !NUMBER.test(run)
  );
}

/** A value of an option that is no secret: a short one of plain characters; undefined when it is not to be shown. */
export function showValue(text: string): string | undefined {
  if (text.length > LONGEST_SHOWN || looksSecret(text)) return undefined;
  // A colon may stand in a time alone.
  return /^[^@:\n\\{}?#&=]*$/.test(text) || /^[\d\sTZ:.+-]+$/.test(text) ? text : undefined;
}

/** The path of a file or folder, in place of which the file's text may stand; undefined when it is not to be shown. */
export function showPathName(text: string): string | undefined {
  if (text.length > 1024 || holdsText(text)) return undefined;
  // A name of random letters and digits is usual below a folder.
  return /^(?:\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(text) || !looksSecret(text) ? text : undefined;
}

/** Whether the text of a file, such as a key or JSON, stands where its path is wanted. */
export function holdsText(path: string): boolean {
  return /-----BEGIN|^\s*[{[]|[\r\n]/.test(path) ||
    path.split(/[/\\]/).some((name) => name.length > 255);
}

const HOST = /^(?:[A-Za-z0-9._*-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?)(?::\d{1,5})?(?:\/\d{1,3})?$/;

/** Hosts as `NO_PROXY` has them. */
export function showHosts(text: string): string {
  return text.replaceAll(/[^\s,](?:[^,]*[^\s,])?/g, (entry) => {
    return HOST.test(entry) && !looksSecret(entry) ? entry : LEFT_OUT;
  });
}

/** Words of one case and numbers, as variables are called. */
const VARIABLE =
  /^(?:[A-Z]{1,24}\d{0,3}|[A-Z]{1,8}\d[A-Z]{1,8}|\d{1,3})(?:_+(?:[A-Z]{1,24}\d{0,3}|[A-Z]{1,8}\d[A-Z]{1,8}|\d{1,3}))*$/i;

/** A reference as it may be shown: a secret may stand in the place of the name. */
export function showReference(kind: "env" | "file", name: string): string {
  const oneCase = name === name.toUpperCase() || name === name.toLowerCase();
  const harmless = kind === "env"
    ? oneCase && name.length <= 128 && VARIABLE.test(name)
    : isPlainName(name) || /[./]/.test(name) && showPathName(name) !== undefined;
  return `\${${kind}:${harmless ? name : LEFT_OUT}}`;
}

/** Whether a name that stands for nothing known may be shown: a short one, or one that is made of words as keys are. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_ <-]{0,11}$/.test(name) ||
    /^[a-z_]{1,20}(?:[ -][a-z_]{1,20}){0,3}$/.test(name) ||
    /^[a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,3}$/.test(name);
}
