import { fileURLToPath } from "node:url";
import type { LoadCounts, LoadOptions } from "../../../src/emulator/load/load_servers.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The load servers as a process, so that their work is not counted with the forwarder's. */
export class LoadProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly slsUrl: string;
  readonly hecUrl: string;

  private constructor(
    child: Deno.ChildProcess,
    lines: AsyncIterator<string>,
    urls: { sls: string; hec: string },
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#input = child.stdin.getWriter();
    this.slsUrl = urls.sls;
    this.hecUrl = urls.hec;
  }

  static async start(options: LoadOptions): Promise<LoadProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        `--config=${ROOT}deno.json`,
        "--allow-net=127.0.0.1",
        `${ROOT}src/emulator/load/main.ts`,
        JSON.stringify(options),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = linesOf(child.stdout);
    const { value } = await lines.next();
    return new LoadProcess(child, lines, JSON.parse(value));
  }

  async counts(): Promise<LoadCounts> {
    await this.#input.write(new Uint8Array([0x0a]));
    const { value } = await this.#lines.next();
    return JSON.parse(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#lines.return?.();
    await this.#child.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
