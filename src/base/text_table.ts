import { printableLine } from "./printable.ts";
import { liveSecrets } from "./redactor.ts";

/** Rows as columns of plain text, two blanks apart; no blanks at the end of a line. A cell stays on its line. */
export function textTable(given: readonly (readonly string[])[]): string {
  // Secrets are taken out before a column is measured.
  const rows = given.map((row) => row.map((cell) => printableLine(liveSecrets.redact(cell))));
  const widths = rows.reduce<number[]>((widest, row) => {
    return row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length));
  }, []);
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd())
    .join("\n");
}
