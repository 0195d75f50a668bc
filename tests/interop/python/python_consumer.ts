import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./consumer.py", import.meta.url));

/** What `consumer.py` prints. */
export type ConsumerEvent =
  | { readonly event: "initialized" | "shut_down"; readonly shard: number }
  | { readonly event: "logs"; readonly shard: number; readonly logs: Record<string, unknown>[] }
  | { readonly event: "stopped" };

/** One process of the vendor's Python consumer. */
export class PythonConsumer implements AsyncDisposable {
  /** Everything it has printed. */
  readonly events: ConsumerEvent[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #listening: Promise<void>;
  readonly #stderr: Promise<string>;
  readonly #heard: () => void;
  #askedToStop = false;

  /**
   * @param proxy Where the emulator listens: as the client's proxy it gets requests with the real host
   * names, which resolve nowhere.
   * @param options The arguments of `start` in `consumer.py`.
   * @param heard Called after each event, and when the process has ended.
   */
  constructor(python: string, proxy: string, options: object, heard: () => void) {
    this.#heard = heard;
    this.#process = new Deno.Command(python, {
      args: [SCRIPT, JSON.stringify(options)],
      env: { http_proxy: proxy, no_proxy: "", NO_PROXY: "", PYTHONDONTWRITEBYTECODE: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#listening = this.#listen();
    this.#stderr = new Response(this.#process.stderr).text();
  }

  async #listen(): Promise<void> {
    let rest = "";
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.events.push(JSON.parse(line));
      this.#heard();
    }
    this.#heard();
  }

  /** All logs it got, in order. */
  get logs(): Record<string, unknown>[] {
    return this.events.flatMap((event) => event.event === "logs" ? event.logs : []);
  }

  /** Asks it to stop as its users do, and waits for its end. @returns what it wrote to stderr. */
  async stop(): Promise<string> {
    this.#askedToStop = true;
    await this.#process.stdin.close();
    await this.#listening;
    await this.#process.status;
    return await this.#stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#askedToStop) {
      this.#process.kill("SIGKILL");
      await this.#process.stdin.close();
    }
    await Promise.all([this.#listening, this.#stderr, this.#process.status]);
  }
}
