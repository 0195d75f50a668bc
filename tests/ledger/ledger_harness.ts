import { LedgerFile } from "../../src/ledger/ledger_file.ts";
import { verifyLedgers } from "../../src/ledger/ledger_verify.ts";
import { FakeClock } from "../support/fake_clock.ts";

const cursor = (n: number) => btoa(String(n));

/** The entry of a range of cursors, which are numbers here. */
export function entry(
  from: number,
  to: number,
  { shard = 0, logs = to - from, expired = false } = {},
) {
  return {
    consumer: "c",
    source: "p/l",
    shard,
    from: cursor(from),
    to: cursor(to),
    ...(expired && { expired: true as const }),
    fetched: logs,
    delivered: logs,
    filtered: 0,
    parked: 0,
    pages: 1,
    raw_bytes: 1,
    event_bytes: 2,
    resends: 0,
    ack_timeouts: 0,
  };
}

/** Gives `work` the path of a ledger file in a folder of its own. */
export async function inFolder(
  work: (path: string, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/ledger.jsonl`, new FakeClock());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes the entries as one program would, from its start to its end. */
export async function write(
  path: string,
  clock: FakeClock,
  ...entries: ReturnType<typeof entry>[]
) {
  using file = await LedgerFile.open(path, clock);
  for (const one of entries) {
    await file.append(one);
    clock.jump(1000);
  }
}

/** The verdict on the file, which it calls `f`. */
export const verify = (path: string) =>
  verifyLedgers([{ name: "f", text: Deno.readTextFileSync(path) }]);
