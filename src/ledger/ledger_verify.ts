import { isCursorBefore } from "../base/cursor.ts";
import { type LedgerLine, NO_HASH, readLedgerLine } from "./ledger_line.ts";

/** A ledger file as text, and its name. */
interface LedgerText {
  readonly name: string;
  readonly text: string;
}

/** What a ledger proves. */
interface LedgerVerdict {
  readonly lines: number;
  /** Sums over all lines. */
  readonly fetched: number;
  readonly delivered: number;
  readonly filtered: number;
  readonly parked: number;
  /** What is wrong, in words, in the order of the lines; empty when the ledger is intact. */
  readonly faults: readonly string[];
  /** What is odd and harmless, such as a line that a crash cut off. */
  readonly notes: readonly string[];
  /**
   * The last line of each file. A chain cannot show that lines are missing at its end; compare with a last hash that
   * was noted before: it must still be in the file.
   */
  readonly ends: readonly LedgerEnd[];
}

/** Where a ledger file ends. */
interface LedgerEnd {
  readonly name: string;
  readonly n: number;
  readonly time: string;
  readonly hash: string;
}

interface Placed extends LedgerLine {
  readonly place: string;
  readonly hash: string;
}

/**
 * Verifies ledger files: that no line was changed, removed or inserted, that the sums of each line agree, and that the
 * checkpoints of each shard follow one another without a gap, over all files together.
 */
export function verifyLedgers(texts: readonly LedgerText[]): LedgerVerdict {
  const faults: string[] = [];
  const notes: string[] = [];
  const ends: LedgerEnd[] = [];
  const lines = texts.flatMap((text) => {
    const chain = readChain(text, faults, notes);
    const last = chain.at(-1);
    if (last) ends.push({ name: text.name, n: last.n, time: last.time, hash: last.hash });
    return chain;
  });
  if (lines.length === 0) {
    faults.push("found no ledger line, so there is nothing to verify");
  }
  for (const { place, fetched, delivered, filtered, parked } of lines) {
    if (fetched !== delivered + filtered + parked) {
      faults.push(
        `${place}: the sums do not agree: found fetched ${fetched}, but delivered ${delivered} + filtered ` +
          `${filtered} + parked ${parked}`,
      );
    }
  }
  faults.push(...gapsOf(lines));
  const sum = (key: "fetched" | "delivered" | "filtered" | "parked") =>
    lines.reduce((total, line) => total + line[key], 0);
  return {
    lines: lines.length,
    fetched: sum("fetched"),
    delivered: sum("delivered"),
    filtered: sum("filtered"),
    parked: sum("parked"),
    faults,
    notes,
    ends,
  };
}

function readChain({ name, text }: LedgerText, faults: string[], notes: string[]): Placed[] {
  const lines: Placed[] = [];
  let prev = NO_HASH;
  let n = 0;
  const parts = text.split("\n");
  for (const [i, part] of parts.entries()) {
    if (part === "") continue;
    const place = `${name}:${i + 1}`;
    const line = readLedgerLine(part);
    if (!line) {
      // A crash cuts a line off before its checkpoint is written, and the chain continues without it.
      if (isCutOff(part)) {
        notes.push(`${place}: cut off by a crash; its checkpoint was never written`);
      } else faults.push(`${place}: the line was changed: its hash does not match`);
      continue;
    }
    if (line.prev !== prev) {
      faults.push(
        `${place}: the chain is broken: a line before it was changed, removed or inserted`,
      );
    } else if (line.n !== n + 1) {
      faults.push(`${place}: found line number ${line.n}, expected ${n + 1}`);
    }
    ({ hash: prev, n } = line); // one fault for each place, not for all lines after it
    lines.push({ ...line, place });
  }
  return lines;
}

/** Whether a line is the beginning of a ledger line, and not a complete one with something after it. */
function isCutOff(part: string): boolean {
  return part.startsWith('{"n":') && !/"hash":"[0-9a-f]{64}"\}/.test(part);
}

/** Checkpoints that do not continue any before them, and logs that had expired. */
function gapsOf(lines: readonly Placed[]): string[] {
  const byShard = Map.groupBy(lines, ({ source, shard }) => `${source} shard ${shard}`);
  return [...byShard].flatMap(([shard, unsorted]) => {
    // Several consumers read a shard in turn; each line is written before its checkpoint.
    const inTime = unsorted.toSorted((a, b) => a.time < b.time ? -1 : a.time > b.time ? 1 : 0);
    const known = new Set([inTime[0]!.from]);
    let last = inTime[0]!.from;
    return inTime.flatMap((line) => {
      const { place, from, to, expired } = line;
      const found: string[] = [];
      if (expired) {
        found.push(
          `${place}: gap: ${shard} from cursor ${from} to ${to} had expired in SLS unread`,
        );
      } else if (!known.has(from) && !isCursorBefore(from, last)) {
        found.push(`${place}: gap: no line covers ${shard} between cursor ${last} and ${from}`);
      }
      known.add(from).add(to);
      if (!isCursorBefore(to, last)) last = to;
      return found;
    });
  });
}
