import { describeError, OperatorError } from "../base/errors.ts";
import { countText } from "../base/format.ts";
import { verifyLedgers } from "../ledger/ledger_verify.ts";
import { ExitCode } from "./program.ts";
import { DENIED } from "./report_failure.ts";
import { print, printJson, printLine } from "./print.ts";

/** `ledger verify`: checks the chain, the sums and that no checkpoint is missing; reports the first gap. */
export function verifyLedgerCommand(files: readonly string[], json: boolean): ExitCode {
  const verdict = verifyLedgers(files.map((name) => ({ name, text: readText(name) })));
  const { lines, fetched, delivered, filtered, parked, faults, notes, ends } = verdict;
  if (json) printJson(verdict);
  else {
    for (const note of notes) printLine(`note: ${note}`);
    for (const fault of faults) printLine(`FAULT: ${fault}`);
    for (const { name, n, time, hash } of ends) {
      printLine(`${name} ends with line ${n} of ${time}, hash ${hash}`);
    }
    print(
      `${lines} lines: fetched ${fetched} = delivered ${delivered} + filtered ${filtered} + ` +
        `parked ${parked}`,
    );
    print(
      faults.length === 0
        ? "Verified: the chain is intact, the sums match, and no checkpoint is missing"
        : `Not verified: ${countText(faults.length, "fault")}, listed above`,
    );
  }
  return faults.length === 0 ? ExitCode.ok : ExitCode.failed;
}

function readText(name: string): string {
  try {
    return Deno.readTextFileSync(name);
  } catch (error) {
    throw new OperatorError(
      `Cannot read the ledger file ${name}: ${describeError(error)}`,
      error instanceof Deno.errors.NotCapable
        ? DENIED
        : "Give the file named by ledger.file, one for each consumer",
      { cause: error },
    );
  }
}
