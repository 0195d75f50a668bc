/** What a proxy of a test does with a connection whose first bytes have come. */
export type Refusing = (conn: Deno.Conn, head: string) => Promise<void>;

/** A proxy for tests that lets nothing through, and counts. */
export class RefusingProxy implements AsyncDisposable {
  /** First lines of the requests, such as `CONNECT hec.test:8088 HTTP/1.1`; of socks, nothing. */
  readonly asked: string[] = [];
  /** Changed by a test that wants another answer. */
  refusing: Refusing;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving: Promise<void>;

  constructor(refusing: Refusing) {
    this.refusing = refusing;
    this.#serving = this.#serve();
  }

  /** Its port and address. */
  get host(): string {
    return `127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async #serve(): Promise<void> {
    const ends: Promise<void>[] = [];
    for await (const conn of this.#listener) ends.push(this.#refuse(conn));
    await Promise.all(ends);
  }

  async #refuse(conn: Deno.Conn): Promise<void> {
    using open = conn;
    const buffer = new Uint8Array(16 * 1024);
    try {
      const count = await open.read(buffer);
      if (count === null) return;
      const head = new TextDecoder().decode(buffer.subarray(0, count));
      this.asked.push(head.split("\r\n", 1)[0]!);
      await this.refusing(open, head);
    } catch {
      // The client has gone away.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

/** Answers with a status, and repeats in the reason phrase what it was sent as its login. */
export function answering(status: number, page = ""): Refusing {
  return async (conn, head) => {
    const [, login = ""] = /^proxy-authorization: *Basic (\S*)/im.exec(head) ?? [];
    const body = new TextEncoder().encode(page);
    const answer = `HTTP/1.1 ${status} No ${login} ${atob(login)}\r\nVia: 1.1 proxy\r\n` +
      `Content-Type: text/html\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${page}`;
    await conn.write(new TextEncoder().encode(answer));
  };
}

/** A proxy of socks5 that refuses the login, or any. */
export const refusingSocksLogin: Refusing = async (conn) => {
  const buffer = new Uint8Array(512);
  await conn.write(Uint8Array.of(5, 2));
  await conn.read(buffer);
  await conn.write(Uint8Array.of(1, 1));
};
