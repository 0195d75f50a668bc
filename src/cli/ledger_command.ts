import { verifyLedgers } from "../pipeline/ledger_verify.ts";
import { ExitCode } from "./exit_code.ts";

/** `ledger verify`: proves the chain, the sums and that no checkpoint is missing; names the first gap. */
export function verifyLedgerCommand(files: readonly string[], json: boolean): ExitCode {
  const verdict = verifyLedgers(
    files.map((name) => ({ name, text: Deno.readTextFileSync(name) })),
  );
  const { lines, fetched, delivered, filtered, parked, faults, notes } = verdict;
  if (json) console.log(JSON.stringify(verdict));
  else {
    for (const note of notes) console.log(`note: ${note}`);
    for (const fault of faults) console.log(`FAULT: ${fault}`);
    console.log(
      `${lines} lines: fetched ${fetched} = delivered ${delivered} + filtered ${filtered} + ` +
        `parked ${parked}`,
    );
    console.log(
      faults.length === 0
        ? "The chain is whole, the sums agree, and no checkpoint is missing"
        : `Not proven: ${faults.length} faults, the first above`,
    );
  }
  return faults.length === 0 ? ExitCode.ok : ExitCode.failed;
}
