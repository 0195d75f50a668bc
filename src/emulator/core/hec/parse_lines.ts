import type { ParseOutcome, ParseRules } from "./parse_events.ts";

const LF = 10;
const CR = 13;

/**
 * Reads the body of a `/raw` request: each line that is not empty is an event. Splunk does more: it
 * breaks and merges lines by the rules of the sourcetype, and extracts times.
 *
 * @param accept Gets each line's place, without its line end.
 */
export function parseLines(
  body: Uint8Array,
  rules: Pick<ParseRules, "defaultIndex" | "allowedIndexes" | "maxEvents">,
  accept: (start: number, end: number) => void,
): ParseOutcome {
  const end = (code: number, taken: number): ParseOutcome => {
    return { code, invalidEventNumber: undefined, taken, skipped: 0 };
  };
  if (rules.allowedIndexes && !rules.allowedIndexes.has(rules.defaultIndex)) return end(7, 0);
  let taken = 0;
  for (let start = 0; start < body.length && taken < rules.maxEvents;) {
    const found = body.indexOf(LF, start);
    const next = found < 0 ? body.length : found + 1;
    let stop = found < 0 ? body.length : found;
    if (stop > start && body[stop - 1] === CR) stop--;
    if (stop > start) {
      accept(start, stop);
      taken++;
    }
    start = next;
  }
  return taken === 0 && rules.maxEvents > 0 ? end(5, 0) : end(0, taken);
}
