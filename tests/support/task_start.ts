import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Oracle } from "../faults/oracle.ts";
import { until } from "./forwarder.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Runs `deno task start` in a folder until all of the oracle's logs are delivered, and has it drain.
 * @returns what it has printed.
 */
export async function startAndDeliver(
  oracle: Oracle,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly out: string; readonly log: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", `--config=${ROOT}deno.json`, "start", ...args],
    cwd: folder,
    env: {
      ...oracle.env,
      INIT_CWD: folder,
      NO_COLOR: "1",
      DENO_NO_UPDATE_CHECK: "1", // Deno itself
      ...env,
    },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log = new Response(child.stderr).text();
  const out = new Response(child.stdout).text();
  try {
    await until("delivery", 30_000, () => oracle.missing === 0);
  } finally {
    child.kill("SIGTERM");
  }
  assert.equal((await child.status).code, 0, await log);
  return { out: await out, log: await log };
}
