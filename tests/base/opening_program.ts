/** Opens the log and the ledger that the arguments name, and writes to them, with the permissions that it is given. */
import { systemClock } from "../../src/base/clock.ts";
import { LogFile } from "../../src/observe/log_file.ts";
import { LedgerFile } from "../../src/ledger/ledger_file.ts";

const [log = "", ledger = ""] = Deno.args;
using file = new LogFile({
  path: log,
  maxBytes: 10,
  backups: 1,
  clock: systemClock,
  fallback: console.log,
  notice: (_level, message) => message,
});
for (const line of ["first line\n", "second line\n"]) file.write(line);
(await LedgerFile.open(ledger, systemClock))[Symbol.dispose]();
