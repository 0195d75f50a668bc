/**
 * The known key that was probably meant.
 * @returns undefined when none is near: up to one slip for every four letters, three at most.
 */
export function nearestKey(key: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let fewest = Math.min(3, Math.ceil(key.length / 4)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - key.length) >= fewest) continue;
    const slips = countSlips(key, candidate);
    if (slips >= fewest) continue;
    nearest = candidate;
    fewest = slips;
  }
  return nearest;
}

/** Damerau-Levenshtein distance (adjacent letters may swap once): inserted, missing, wrong, swapped. */
function countSlips(a: string, b: string): number {
  let twoBack: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const wrong = at(before, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(at(before, j) + 1, at(row, j - 1) + 1, wrong);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(twoBack, j - 2) + 1);
      }
      row.push(best);
    }
    [twoBack, before] = [before, row];
  }
  return at(before, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
