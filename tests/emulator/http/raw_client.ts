const utf8 = new TextEncoder();

/** A client that sends exactly the given bytes. */
export class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async connect(server: { readonly port: number }): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
  }

  async send(...parts: (string | Uint8Array)[]): Promise<void> {
    for (const part of parts) {
      const bytes = typeof part === "string" ? utf8.encode(part) : part;
      for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
    }
  }

  async endSending(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** What the server sends until `text` holds `times` times; fails if it ends before. */
  async readUntil(text: string, times = 1): Promise<string> {
    let got = "";
    while (got.split(text).length <= times) {
      const more = await this.#read();
      if (more === undefined) throw new Error(`The server ended after ${JSON.stringify(got)}`);
      got += more;
    }
    return got;
  }

  /** What the server sends until it ends the connection, by whatever means. */
  async readAll(): Promise<string> {
    let got = "";
    for (let more = await this.#read(); more !== undefined; more = await this.#read()) got += more;
    return got;
  }

  async #read(): Promise<string | undefined> {
    const buffer = new Uint8Array(65536);
    try {
      const count = await this.#connection.read(buffer);
      return count === null ? undefined : String.fromCharCode(...buffer.subarray(0, count));
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
