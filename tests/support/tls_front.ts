import { fileURLToPath } from "node:url";

/** What `tls.createServer` of Node takes; a part of it. */
export interface TlsFrontOptions {
  readonly cert: string;
  readonly key: string;
  /** With `requestCert`: whose client certificates are taken. */
  readonly ca?: string;
  /** No connection without a client certificate that `ca` signed. */
  readonly requestCert?: boolean;
  readonly minVersion?: "TLSv1";
  readonly maxVersion?: "TLSv1.1" | "TLSv1.2";
  readonly ciphers?: string;
}

type FrontMessage =
  | { readonly type: "listening"; readonly port: number }
  | { readonly type: "changed" }
  /** `client`: the common name in the client's certificate; null without one. */
  | { readonly type: "connection"; readonly client: string | null }
  | { readonly type: "refused"; readonly message: string };

/**
 * TLS before a server without it, for what Deno's own cannot: certificates of version 1, old versions, client
 * certificates, and another certificate while it runs. Node's TLS, in its own process.
 */
export class TlsFront implements AsyncDisposable {
  readonly url: string;
  /** Handshakes that were taken: of each the common name in the client's certificate, or null. */
  readonly connections: (string | null)[] = [];
  /** Handshakes that failed, in the server's words. */
  readonly refused: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array>;
  readonly #messages: AsyncGenerator<FrontMessage>;
  readonly #listening: Promise<void>;
  #changed = Promise.withResolvers<void>();

  private constructor(
    child: Deno.ChildProcess,
    commands: WritableStreamDefaultWriter<Uint8Array>,
    messages: AsyncGenerator<FrontMessage>,
    port: number,
  ) {
    this.#child = child;
    this.#commands = commands;
    this.#messages = messages;
    this.url = `https://127.0.0.1:${port}`;
    this.#listening = this.#listen();
  }

  /** @param target URL of the server behind, on 127.0.0.1. */
  static async start(target: string, options: TlsFrontOptions): Promise<TlsFront> {
    const child = new Deno.Command("node", {
      args: [fileURLToPath(new URL("./tls_front_server.mjs", import.meta.url))],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const commands = child.stdin.getWriter();
    const messages = linesOf(child.stdout);
    await commands.write(line({ type: "start", target: Number(new URL(target).port), options }));
    const { value } = await messages.next();
    if (value?.type !== "listening") throw new Error("The TLS server has not started");
    return new TlsFront(child, commands, messages, value.port);
  }

  /** Shows another certificate from now on; open connections are cut. */
  async change(options: Pick<TlsFrontOptions, "cert" | "key" | "ca">): Promise<void> {
    await this.#commands.write(line({ type: "change", options }));
    await this.#changed.promise;
    this.#changed = Promise.withResolvers();
  }

  async #listen(): Promise<void> {
    for await (const message of this.#messages) {
      if (message.type === "connection") this.connections.push(message.client);
      if (message.type === "refused") this.refused.push(message.message);
      if (message.type === "changed") this.#changed.resolve();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#commands.close();
    await this.#listening;
    await this.#child.status;
  }
}

const line = (message: unknown) => new TextEncoder().encode(`${JSON.stringify(message)}\n`);

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<FrontMessage> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const one of lines) yield JSON.parse(one);
  }
}
