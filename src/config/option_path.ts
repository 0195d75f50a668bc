/** Where a value stands in the configuration: keys, and numbers for list items. */
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

const LONGEST_SHOWN = 80;

/** Text in double quotes on one line, cut when long, with everything a terminal might obey escaped. */
export function shortText(text: string): string {
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  return JSON.stringify(cut).replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
