import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("flood_server.ts", import.meta.url));

/** What a hostile server has seen. */
export interface FloodCounts {
  /** Longest head of a request, in bytes. */
  largestHead: number;
  /** Requests that were answered by the flood. */
  flooded: number;
  connections: number;
  /** Connections that were open at once. */
  mostConnections: number;
}

/** A hostile server as a process, so that its work is not counted with the program's. */
export class FloodProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<Uint8Array>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly port: number;

  private constructor(
    child: Deno.ChildProcess,
    output: ReadableStreamDefaultReader<Uint8Array>,
    port: number,
  ) {
    this.#child = child;
    this.#output = output;
    this.#input = child.stdin.getWriter();
    this.port = port;
  }

  static async start(
    side: "sls" | "hec",
    flood: string,
    portBehind: number,
  ): Promise<FloodProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-config",
        "--no-check",
        "--allow-net=127.0.0.1",
        SERVER,
        side,
        flood,
        `${portBehind}`,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const output = child.stdout.getReader();
    return new FloodProcess(child, output, Number(await lineOf(output)));
  }

  async counts(): Promise<FloodCounts> {
    await this.#input.write(new TextEncoder().encode("\n"));
    return JSON.parse(await lineOf(this.#output));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
  }
}

async function lineOf(output: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await output.read();
    if (done) throw new Error(`The hostile server has ended; it said "${text}"`);
    text += new TextDecoder().decode(value);
  }
  return text;
}
