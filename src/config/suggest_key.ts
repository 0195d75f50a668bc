/**
 * The known key that was probably meant.
 * @returns undefined when none is near: within one typing error for every four letters, three at most.
 */
export function suggestKey(key: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let limit = Math.min(3, Math.ceil(key.length / 4)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - key.length) >= limit) continue;
    const distance = editDistance(key, candidate);
    if (distance >= limit) continue;
    nearest = candidate;
    limit = distance;
  }
  return nearest;
}

/**
 * Damerau-Levenshtein distance: inserted, missing, wrong and swapped letters. Packages that count a swap as two errors
 * do worse with short keys: docs/decisions/packages.md.
 */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  const at = (row: readonly number[], index: number) => row[index] ?? Infinity;
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
