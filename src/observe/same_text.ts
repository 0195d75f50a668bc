/**
 * A message without what changes with each try: request ids, dates, numbers, cursors and signatures. Two messages of
 * the same failure give the same text.
 */
export function sameText(message: string): string {
  return message
    .replaceAll(/\(request id [^)]*\)/g, "")
    .replaceAll(HTTP_DATE, "#")
    .replaceAll(/[A-Za-z0-9+/=_-]+/g, (word) => isDrawn(word) ? "#" : word)
    .replaceAll(/#(?:[.:,]#)+/g, "#");
}

const HTTP_DATE = /\b[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT/g;

/** Whether a word is a number, or looks like encoded bytes, unlike any English word. */
function isDrawn(word: string): boolean {
  if (/\d|=$/.test(word)) return true;
  return word.length >= 24 && /[a-z]/.test(word) && /[A-Z]/.test(word);
}
