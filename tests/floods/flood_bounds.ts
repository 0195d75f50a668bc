import type { FloodResult } from "./run_flood.ts";

const PEAK_MB = 300;
/** Floods of informational answers cost a server nothing, and may cost this program little. */
const INFORMATIONAL = { peakMb: 190, cores: 0.5 };
const HEAD_BYTES = 64 * 1024;
/** Of one source: 256 pulls, 64 other calls, and what the program has besides. */
const FILES = 400;

/** What was more than it may be, in words. */
export function outOfBounds(flood: string, result: FloodResult): string[] {
  const isInformational = /^1\d\d /.test(flood);
  const peakMb = isInformational ? INFORMATIONAL.peakMb : PEAK_MB;
  const problems: string[] = [];
  if (result.peakMb >= peakMb) problems.push(`more than ${peakMb} MB`);
  if (isInformational && result.cores >= INFORMATIONAL.cores) problems.push("half a core or more");
  if (result.largestHead >= HEAD_BYTES) problems.push(`a head of ${HEAD_BYTES} bytes or more`);
  if (result.mostFiles >= FILES) problems.push(`${FILES} files or more`);
  return problems;
}
