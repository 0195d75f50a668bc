/** `*` for any text; and also `?` for any one character. */
export type Wildcards = "*" | "*?";

/** Whether a pattern has wildcards, rather than being one text. */
export function hasWildcards(pattern: string, wildcards: Wildcards): boolean {
  return [...wildcards].some((wildcard) => pattern.includes(wildcard));
}

/**
 * Whether a pattern matches a whole text, case counts. It takes at most as many steps as the product
 * of both lengths.
 * @param pattern Text with wildcards; every other character stands for itself.
 * @param text What is matched.
 * @param wildcards Which wildcards the pattern may have.
 */
export function globMatches(pattern: string, text: string, wildcards: Wildcards): boolean {
  const [signs, characters] = [[...pattern], [...text]];
  const isOne = (at: number) => wildcards === "*?" && signs[at] === "?";
  let [sign, at] = [0, 0];
  let star = -1; // the last one that was passed
  let starTook = 0; // where the text continues behind what it stands for
  while (at < characters.length) {
    if (signs[sign] === "*") {
      star = sign++;
      starTook = at;
    } else if (isOne(sign) || sign < signs.length && signs[sign] === characters[at]) {
      sign++;
      at++;
    } else if (star >= 0) {
      sign = star + 1;
      at = ++starTook;
    } else {
      return false;
    }
  }
  while (signs[sign] === "*") sign++;
  return sign === signs.length;
}

/** Whether a pattern matches all that another one does. Both have the wildcard `*` only. */
export function globContains(pattern: string, other: string): boolean {
  // A character that is in no pattern is matched by a star alone, and so is then any text in its place.
  return globMatches(pattern, other.replaceAll("*", "\u{10ffff}"), "*");
}
