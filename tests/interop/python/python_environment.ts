import { join } from "node:path";

/** Pinned, so that a run shows our changes and not theirs. */
const PACKAGES = ["aliyun-log-python-sdk==0.9.52", "zstd==1.5.7.2"];

/** A Python with the vendor's SDK, or why there is none. */
export type PythonEnvironment = { readonly python: string } | { readonly missing: string };

/**
 * Finds, or makes once, a virtual environment in the user's cache folder
 * (`$XDG_CACHE_HOME/sls2hec`, else `~/.cache/sls2hec`).
 */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") || (home && join(home, ".cache"));
  if (!cache) return { missing: "neither XDG_CACHE_HOME nor HOME is set" };
  const folder = join(cache, "sls2hec", `python-${PACKAGES.join("-").replaceAll("==", "-")}`);
  const python = join(folder, "bin", "python");
  const ready = join(folder, "ready");
  if (await exists(ready)) return { python };
  const failure = await run("python3", "-m", "venv", "--clear", folder) ??
    await run(python, "-m", "pip", "install", "--quiet", "--no-input", ...PACKAGES);
  if (failure) return { missing: failure };
  await Deno.writeTextFile(ready, ""); // last, so that half an environment is made again
  return { python };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** @returns undefined if all went well, else what did not. */
async function run(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args, stdout: "null" }).output();
    if (success) return undefined;
    const text = new TextDecoder().decode(stderr).trim();
    return `${program} ${args.slice(0, 3).join(" ")} failed: ${text.split("\n").at(-1)}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${program} is not installed`;
    throw error;
  }
}
