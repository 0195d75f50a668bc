import { NAMED } from "./certificates.ts";

export interface EarlyServerOptions {
  /** The whole answer, head included; undefined for none. */
  readonly answer: string | undefined;
  /** What becomes of the connection then, of which nothing more is read. */
  readonly then: "kept open" | "closed" | "half closed";
  readonly tls?: typeof NAMED | undefined;
  /** What is done with requests whose body has at most this many bytes: they are read and accepted. */
  readonly takesUpToBytes?: number;
}

const SUCCESS = '{"text":"Success","code":0}';

/** What HEC answers to events that it takes. */
export const TAKEN = answerOf("200 OK", SUCCESS);

/** An answer with its length; HTTP/1.1 keeps the connection unless a header says otherwise. */
export function answerOf(status: string, body: string, headers = ""): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}

/** A server that answers as soon as it has the head of a request, and reads no more of it. */
export class EarlyServer implements AsyncDisposable {
  /** Heads of the requests, in order. */
  readonly heads: string[] = [];
  /** Lengths of the bodies that were read and accepted. */
  readonly accepted: number[] = [];
  readonly #options: EarlyServerOptions;
  readonly #listener: Deno.Listener<Deno.TcpConn | Deno.TlsConn>;
  readonly #open = new Set<Deno.Conn>();
  readonly #serving: Promise<unknown>;

  constructor(options: EarlyServerOptions) {
    const here = { hostname: "127.0.0.1", port: 0 };
    this.#options = options;
    this.#listener = options.tls ? Deno.listenTls({ ...here, ...NAMED }) : Deno.listen(here);
    this.#serving = this.#serve();
  }

  get url(): string {
    const { port } = this.#listener.addr as Deno.NetAddr;
    return `${this.#options.tls ? "https" : "http"}://127.0.0.1:${port}`;
  }

  async #serve(): Promise<void> {
    const connections: Promise<void>[] = [];
    for await (const conn of this.#listener) connections.push(this.#handle(conn));
    await Promise.all(connections);
  }

  async #handle(conn: Deno.Conn): Promise<void> {
    this.#open.add(conn);
    try {
      while (await this.#one(conn));
    } catch (error) {
      if (this.#open.has(conn) && !isInvalidated(error)) throw error;
    }
  }

  /** @returns whether the connection stays open. */
  async #one(conn: Deno.Conn): Promise<boolean> {
    const { answer, then, takesUpToBytes = -1 } = this.#options;
    const chunk = new Uint8Array(16 * 1024);
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      const count = await conn.read(chunk);
      if (count === null) {
        this.#close(conn);
        return false;
      }
      text += String.fromCharCode(...chunk.subarray(0, count));
    }
    const [head = ""] = text.split("\r\n\r\n");
    this.heads.push(head);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (length <= takesUpToBytes) {
      for (let left = length - (text.length - head.length - 4); left > 0;) {
        left -= await conn.read(chunk) ?? left;
      }
      this.accepted.push(length);
      await conn.write(new TextEncoder().encode(TAKEN));
      return true;
    }
    if (answer !== undefined) await conn.write(new TextEncoder().encode(answer));
    if (then === "closed") this.#close(conn); // with bytes unread, that is a reset
    if (then === "half closed") await conn.closeWrite();
    return false;
  }

  #close(conn: Deno.Conn): void {
    if (this.#open.delete(conn)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#open) this.#close(conn);
    await this.#serving;
  }
}

/** Whether the client has gone away. */
function isInvalidated(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.UnexpectedEof;
}
