import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const decoder = new TextDecoder();

/** What a command came to. */
export interface CommandEnd {
  readonly code: number;
  /** Lines of standard output. */
  readonly out: string[];
  readonly err: string;
}

/**
 * Runs `sls2hec` to its end, as a separate process.
 * @param permissions Deno's flags; all is allowed without them.
 */
export async function sls2hec(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  folder?: string,
  permissions: readonly string[] = ["-A"],
): Promise<CommandEnd> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...permissions,
      "--no-prompt",
      `--config=${ROOT}deno.json`,
      `${ROOT}main.ts`,
      ...args,
    ],
    env: { ...env, NO_COLOR: "1" },
    ...(folder !== undefined && { cwd: folder }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const out = decoder.decode(stdout).split("\n").filter((line) => line !== "");
  return { code, out, err: decoder.decode(stderr) };
}
