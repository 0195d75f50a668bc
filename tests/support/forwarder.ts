import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../src/cli/program.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const decoder = new TextDecoder();

/** `sls2hec run`, or another command, as a separate process. */
export class Forwarder {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  #ended = false;
  #logSoFar = "";

  /**
   * @param args Behind the command.
   * @param folder Its working folder, where dead letters go.
   * @param program The executable; without it Deno runs the sources.
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    folder: string,
    program?: string,
    subcommand = "run",
  ) {
    const command = program ?? Deno.execPath();
    const before = program === undefined
      ? ["run", "-A", "--no-prompt", V8_FLAGS, `--config=${ROOT}deno.json`, `${ROOT}main.ts`]
      : [];
    this.#child = new Deno.Command(command, {
      args: [...before, subcommand, ...args],
      env: { ...env, NO_COLOR: "1" },
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#stderr = readAll(this.#child.stderr, (text) => this.#logSoFar += text);
  }

  get logSoFar(): string {
    return this.#logSoFar;
  }

  get pid(): number {
    return this.#child.pid;
  }

  kill(signal: Deno.Signal): void {
    if (this.#ended) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it ended by itself just now
    }
  }

  /** Waits for its end. @returns the exit code, the signal that ended it, and its log. */
  async ended(): Promise<{ code: number; signal: Deno.Signal | null; log: string }> {
    const { code, signal } = await this.#child.status;
    this.#ended = true;
    return { code, signal, log: await this.#stderr };
  }
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  onText: (text: string) => void,
): Promise<string> {
  let all = "";
  for await (const chunk of stream) {
    const text = decoder.decode(chunk, { stream: true });
    all += text;
    onText(text);
  }
  return all;
}

/** Waits, in real time, until `done` holds; for tests of real processes only. */
export async function until(what: string, timeoutMs: number, done: () => boolean): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!done()) {
    if (performance.now() > endMs) {
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
